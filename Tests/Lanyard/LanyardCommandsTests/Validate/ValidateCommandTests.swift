import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardCore
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("lanyard validate")
struct ValidateCommandTests {
    private func run(
        _ arguments: [String], input: String = ""
    ) throws -> (text: String, failure: ValidateCommand.Failure) {
        let command = try #require(Lanyard.parseAsRoot(["validate"] + arguments) as? ValidateCommand)
        var failure = ValidateCommand.Failure.none
        let text = try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
        return (text, failure)
    }

    private static let good = """
        apiVersion: lanyard.dev/v1alpha1
        kind: WorkloadIdentity
        metadata: {name: web, namespace: shop}
        spec: {}
        ---
        apiVersion: lanyard.dev/v1alpha1
        kind: VaultRoleBinding
        metadata: {name: web, namespace: shop}
        spec:
          workloadIdentityRef: {name: web}
          access: {kv: [{path: "shop/web/*", permissions: [Read]}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: other}
        """

    @Test("what the operator would accept passes, and other kinds are left alone")
    func accepted() throws {
        let (text, failure) = try run(["-f", "-"], input: Self.good)
        #expect(text == "2 resources under the built-in default boundary: 0 refused; 1 of other kinds ignored")
        #expect(failure == .none)
    }

    @Test("what would be refused is named with file, line, document and field, and fails")
    func refused() throws {
        let (text, failure) = try run(
            ["-f", "-"],
            input: Self.good.replacing("shop/web/*", with: "farm/*").replacing("{name: web}\n", with: "{nam: web}\n"))
        #expect(failure == .refused)
        #expect(
            text.contains("-:10 (document 2): VaultRoleBinding shop/web: InvalidSpec: spec.workloadIdentityRef.name"))
        let outside = try run(["-f", "-"], input: Self.good.replacing("shop/web/*", with: "farm/*"))
        #expect(
            outside.text.hasPrefix(
                "-:11 (document 2): VaultRoleBinding shop/web: OutsideBoundary: spec.access.kv[0].path: asks for "
                    + "\"secret/data/farm/*\" [read], allowed is secret/data/{namespace}/*"))
        #expect(outside.failure == .refused)
    }

    @Test("a field that the schema does not have is an error, not a wish that is lost")
    func unknownField() throws {
        let (text, failure) = try run(["-f", "-"], input: Self.good.replacing("permissions:", with: "permission:"))
        #expect(text.contains("spec.access.kv[0].permissions: is missing"))
        #expect(failure == .refused)
        let other = try run(["-f", "-"], input: Self.good.replacing("spec: {}", with: "spec: {spiffeId: /x}"))
        #expect(other.text.contains("spec.spiffeId: there is no such field"))
        #expect(other.failure == .refused)
    }

    @Test("boundaries among the files are the fence, by name and by labels of Namespace objects")
    func boundaries() throws {
        let boundary = """

            ---
            apiVersion: lanyard.dev/v1alpha1
            kind: IdentityBoundary
            metadata: {name: shop}
            spec:
              namespaces: {selector: {matchLabels: {team: shop}}}
              identity: {spiffeIDs: ["/ns/{namespace}/sa/{serviceAccount}"]}
              vault:
                names: ["lanyard.{cluster}.{namespace}.*"]
                paths: [{path: "secret/data/shop/+/*", capabilities: [read]}]
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {team: shop}}
            """
        #expect(try run(["-f", "-"], input: Self.good + boundary).failure == .none)
        let tight = boundary.replacing("shop/+/*", with: "shop/api/*")
        #expect(try run(["-f", "-"], input: Self.good + tight).failure == .refused)
        // Another label, and the built-in default holds.
        let elsewhere = tight.replacing("labels: {team: shop}", with: "labels: {team: farm}")
        #expect(try run(["-f", "-"], input: Self.good + elsewhere).failure == .none)
        // No Namespace object: it is not known whose boundary it is.
        let unlabelled = tight.replacing("kind: Namespace", with: "kind: Other")
        #expect(try run(["-f", "-"], input: Self.good + unlabelled).text.contains("labels are not known"))
        let broken = boundary.replacing("secret/data/shop/+/*", with: "+/x")
        let (text, failure) = try run(["-f", "-"], input: Self.good + broken)
        #expect(text.contains("IdentityBoundary shop: InvalidSpec: spec.vault.paths[0].path: must start with"))
        #expect(failure == .refused)
    }

    @Test("annotations without effect are told and do not fail")
    func notes() throws {
        let (text, failure) = try run(
            ["-f", "-"],
            input: Self.good.replacing(
                "{name: web, namespace: shop}\nspec: {}",
                with: "{name: web, namespace: shop, annotations: {lanyard.dev/paused: \"true\"}}\nspec: {}"))
        #expect(text.contains("note: metadata.annotations: lanyard.dev/paused has no effect"))
        #expect(failure == .none)
    }

    @Test("JSON and YAML say the same, and GitHub gets annotations that no object can forge")
    func formats() throws {
        let bad = Self.good.replacing("shop/web/*", with: "farm/%0A::error::x,y")
        let json = try run(["-f", "-", "-o", "json"], input: bad).text
        let decoded = try JSON.decode(JSONValue.self, from: Data(json.utf8))
        #expect(decoded["refused"] == 1)
        #expect(decoded["resources"]?.array?.last?["violations"]?.array?.first?["field"] == "spec.access.kv[0].path")
        #expect(try run(["-f", "-", "-o", "yaml"], input: bad).text.contains("refused: 1"))
        let github = try run(["-f", "-", "-o", "github"], input: bad).text.split(separator: "\n")
        #expect(github.count == 2)
        #expect(
            github.first?.hasPrefix("::error file=-,line=11,title=InvalidSpec::VaultRoleBinding shop/web: ") == true)
        #expect(github.first?.contains("%0A") == false)
    }

    @Test(
        "what cannot be read ends with 2 and says where",
        arguments: [
            (["-f", "/nowhere"], "", "/nowhere: there is no such file"),
            (["-f", "-"], "a: [", "document 1: is no YAML"),
            (["-f", "-"], "a: 1\n---\nb: &x [*x]", "document 2"),
            (["-f", "-"], "", "-: has no object"), (["-f", "-"], "# a comment\n---\n", "-: has no object"),
            (
                ["-f", "-"], "apiVersion: v1\nkind: A\napiVersion: v1\nkind: B",
                "has the keys \"apiVersion\", \"kind\" twice (line 1): a line with --- is missing"
            ),
        ])
    func unreadable(arguments: [String], input: String, expected: String) throws {
        let (text, failure) = try run(arguments, input: input)
        #expect(text.contains(expected), "\(text)")
        #expect(failure == .unreadable)
    }

    @Test("a folder in which there is nothing is no folder that was looked at")
    func emptyFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lanyard-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (text, failure) = try run(["-f", folder.path])
        #expect(text.contains("has no object") && failure == .unreadable)
    }

    @Test(
        "a kind that there is not is an error, and what is of other groups is left alone",
        arguments: [
            (
                "lanyard.dev/v1alpha1", "WorkloadIdentityy",
                "is no kind of lanyard.dev/v1alpha1; did you mean WorkloadIdentity?"
            ),
            ("lanyard.dev/v1alpha1", "Secret", "kind: \"Secret\" is no kind"),
            ("lanyard.dev/v1", "WorkloadIdentity", "apiVersion: must be"),
            ("v1", "VaultRoleBinding", "apiVersion: must be"),
            ("lanyard.dev/v1alpha1", "OwnershipRecord", nil), ("example.org/v1", "WorkloadIdentity", nil),
        ])
    func kinds(version: String, kind: String, expected: String?) throws {
        let object = "apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: web}\nspec: {}"
        let (text, failure) = try run(["-f", "-"], input: object)
        if let expected {
            #expect(text.contains(expected) && failure == .refused, "\(text)")
        } else {
            #expect(text.hasSuffix("1 of other kinds ignored") && failure == .none, "\(text)")
        }
    }

    @Test("all that does not fit the schema is told at once, with what would fit and where it stands in the file")
    func schema() throws {
        let (text, _) = try run(
            ["-f", "-"],
            input: """
                apiVersion: lanyard.dev/v1alpha1
                kind: VaultRoleBinding
                metadata: {name: web, namespace: shop}
                spec:
                  serviceAccountNames: [web]
                  token: {ttl: 3600, numUses: "5", noDefaultPolicy: 1}
                  acces: {}
                  driftPolicy: Fix
                  access:
                    kv:
                    - {path: a}
                    - {path: b, permissions: Read}
                    - {path: c, permissions: [Read], versoin: 2}
                ---
                apiVersion: lanyard.dev/v1alpha1
                kind: WorkloadIdentity
                metadata: {name: web, namespace: shop}
                spec: {placement: pod, driftPolicy: Fix}
                """)
        let lines = text.split(separator: "\n").map(String.init)
        func has(_ text: String) -> Bool { lines.contains { $0.hasSuffix(text) } }
        #expect(has("spec.token.ttl: must be text") && has("spec.token.numUses: must be a whole number"))
        #expect(has("spec.token.noDefaultPolicy: must be true or false"))
        #expect(has("spec.acces: there is no such field"))
        #expect(has("spec.driftPolicy: must be one of Correct, Report"))
        #expect(
            has("spec.access.kv[0].permissions: is missing") && has("spec.access.kv[1].permissions: must be a list"))
        #expect(has("spec.access.kv[2].versoin: there is no such field"))
        #expect(has("spec.placement: must be one of Cluster, Node, Pod"))
        #expect(lines.count == 8 + 2 + 1, "\(text)")
        #expect(lines.contains { $0.hasPrefix("-:12 ") && $0.contains("kv[1].permissions") })
    }

    @Test("of what two objects among the files want, the second is told that only one can have it")
    func conflicts() throws {
        let base = """
            apiVersion: lanyard.dev/v1alpha1
            kind: VaultRoleBinding
            metadata: {name: NAME, namespace: shop}
            spec:
              serviceAccountNames: [web]
              roleName: ROLE
            ---

            """
        func binding(_ name: String, _ role: String) -> String {
            base.replacing("NAME", with: name).replacing("ROLE", with: role)
        }
        let boundary = """
            apiVersion: lanyard.dev/v1alpha1
            kind: IdentityBoundary
            metadata: {name: shop}
            spec:
              namespaces: {names: [shop]}
              identity: {spiffeIDs: ["/ns/{namespace}/*"]}
              vault: {names: ["same", "other"]}
            ---

            """
        let (text, failure) = try run(
            ["-f", "-"], input: boundary + binding("a", "same") + binding("b", "other") + binding("c", "same"))
        #expect(failure == .refused)
        #expect(
            text.contains(
                "VaultRoleBinding shop/c: Conflict: spec.roleName: asks for sys/policies/acl/same, which VaultRoleBinding shop/a "
                    + "asks for as well"), "\(text)")
        #expect(!text.contains("shop/b:"))
        let identity = """
            apiVersion: lanyard.dev/v1alpha1
            kind: WorkloadIdentity
            metadata: {name: NAME, namespace: shop}
            spec: {serviceAccountName: web}
            ---

            """
        let twins = try run(
            ["-f", "-"], input: identity.replacing("NAME", with: "a") + identity.replacing("NAME", with: "b"))
        #expect(twins.text.contains("WorkloadIdentity shop/b: Conflict: spec.spiffeID: asks for spiffe://"))
        let mount = """
            apiVersion: lanyard.dev/v1alpha1
            kind: VaultMount
            metadata: {name: NAME}
            spec: {path: PATH, type: kv, kv: {version: 2}}
            ---

            """
        func mounts(_ first: String, _ second: String) throws -> (text: String, failure: ValidateCommand.Failure) {
            try run(
                ["-f", "-"],
                input: mount.replacing("NAME", with: "a").replacing("PATH", with: first)
                    + mount.replacing("NAME", with: "b").replacing("PATH", with: second))
        }
        #expect(try mounts("team/kv", "team/kv").text.contains("VaultMount b: Conflict: spec.path: asks for team/kv"))
        #expect(try mounts("team", "team/kv").text.contains("no mount can be below another one"))
        #expect(try mounts("team", "team2").failure == .none)
    }

    @Test("what is not among the files, or written as in a policy, is a note")
    func moreNotes() throws {
        let (text, failure) = try run(
            ["-f", "-"],
            input: """
                apiVersion: lanyard.dev/v1alpha1
                kind: IdentityBoundary
                metadata: {name: shop}
                spec:
                  namespaces: {names: [shop]}
                  vault:
                    names: ["lanyard.{cluster}.{namespace}.*"]
                    paths: [{path: "secret/data/*", capabilities: [read]}]
                    databases: [{connection: orders, templates: ["*"]}]
                ---
                apiVersion: lanyard.dev/v1alpha1
                kind: VaultRoleBinding
                metadata: {name: web, namespace: shop, annotations: {lanyard.dev/pausd: "true"}}
                spec:
                  serviceAccountNames: [web]
                  access: {kv: [{path: data/shop/web, permissions: [Read]}]}
                  databaseRoles: [{name: main, connection: orders, template: readonly}]
                """)
        #expect(failure == .none, "\(text)")
        #expect(
            text.contains(
                "note: spec.databaseRoles[0].template: no DatabaseRoleTemplate \"readonly\" is among the files"))
        #expect(text.contains("note: spec.access.kv[0].path: begins with data/, which paths of kv go without"))
        #expect(text.contains("is no annotation of Lanyard; did you mean lanyard.dev/paused?"))
    }

    @Test("names that would command a terminal are written out")
    func terminal() throws {
        let (text, _) = try run(["-f", "-"], input: Self.good.replacing("name: web,", with: "name: \"\\e[2J\","))
        #expect(!text.unicodeScalars.contains { $0.value == 0x1B })
    }

    @Test("lists are looked into, and the same object twice is refused")
    func listsAndDuplicates() throws {
        let list = """
            {"apiVersion": "v1", "kind": "List", "items": [
              {"apiVersion": "lanyard.dev/v1alpha1", "kind": "WorkloadIdentity", "metadata": {"name": "a"}, "spec": {}},
              {"apiVersion": "lanyard.dev/v1alpha1", "kind": "WorkloadIdentity", "metadata": {"name": "a"}, "spec": {}}
            ]}
            """
        let (text, failure) = try run(["-f", "-", "-n", "shop"], input: list)
        #expect(text.contains("-:3 (document 1): WorkloadIdentity shop/a: InvalidSpec: metadata.name: is the same"))
        #expect(failure == .refused)
    }

    @Test("every attack is refused with the field that it is known for")
    func attacks() throws {
        let folder = Checkout.path("Tests/Attacks")
        let documents = try ManifestFiles().documents(at: [folder])
        let settings = try PlanningSettings.sample()
        let report = Validation(settings: settings, defaultNamespace: "attack-a").report(on: documents)
        #expect(report.resources.count >= 300)
        let names = documents.map { "\($0.value["kind"]?.string ?? "") \($0.value["metadata"]?["name"]?.string ?? "")" }
        #expect(Set(names).count == names.count, "the tenant of the integration tests has all of them at once")
        // Those that need numbers: credentials, forged claims, names of others, equality.
        for kind in ["1", "2", "5", "6"] {
            let count = documents.count { $0.value["metadata"]?["annotations"]?["attack/kind"]?.string == kind }
            #expect(count >= 10, "kind \(kind)")
        }
        let fields = documents.map { $0.value["metadata"]?["annotations"]?["attack/field"]?.string }
        let expected = Dictionary(zip(names, fields)) { first, _ in first }
        for resource in report.resources where resource.kind != "IdentityBoundary" {
            let field = try #require(expected["\(resource.kind) \(resource.name)"] ?? nil, "\(resource.name)")
            #expect(
                resource.violations.contains { $0.field.hasPrefix(field) }, "\(resource.name): \(resource.violations)")
        }
        #expect(report.resources.filter { $0.kind == "IdentityBoundary" }.allSatisfy { $0.violations.isEmpty })
    }
}
