import ArgumentParser
import FoundationEssentials
import KubernetesModel
import Testing

@testable import LanyardCommands

@Suite("lanyard render")
struct RenderCommandTests {
    private func run(
        _ arguments: [String] = [], input: String
    ) throws -> (text: String, failure: ValidateCommand.Failure) {
        let command = try #require(Lanyard.parseAsRoot(["render", "-f", "-"] + arguments) as? RenderCommand)
        var failure = ValidateCommand.Failure.none
        let text = try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
        return (text, failure)
    }

    private static let identity = """
        apiVersion: lanyard.dev/v1alpha1
        kind: WorkloadIdentity
        metadata: {name: web, namespace: shop}
        spec: {}
        ---

        """

    private static let boundary = """
        apiVersion: lanyard.dev/v1alpha1
        kind: IdentityBoundary
        metadata: {name: shop}
        spec:
          namespaces: {names: [shop]}
          identity: {spiffeIDs: ["/ns/{namespace}/*"]}
          vault:
            names: ["lanyard.{cluster}.{namespace}.*"]
            authMounts: [kubernetes, jwt]
            databases: [{mount: database, connection: orders, templates: ["*"]}]
            paths: [{path: "secret/data/shop/*", capabilities: [read]}]
        ---
        apiVersion: lanyard.dev/v1alpha1
        kind: DatabaseRoleTemplate
        metadata: {name: readonly}
        spec: {connections: [orders], creationStatements: ["CREATE ROLE x"], maxTTL: 12h}
        ---

        """

    private static let binding = """
        apiVersion: lanyard.dev/v1alpha1
        kind: VaultRoleBinding
        metadata: {name: web, namespace: shop}
        spec:
          workloadIdentityRef: {name: web}
          jwtAuth: {audiences: [vault.example.org]}
          access: {kv: [{path: "shop/web/*", permissions: [Read]}]}
          databaseRoles: [{name: main, template: readonly}]

        """

    @Test("says of the placements Node and Pod that their entries come from pods", arguments: ["Node", "Pod"])
    func placement(placement: String) throws {
        let identity = Self.identity.replacing("spec: {}", with: "spec: {placement: \(placement)}")
        let (text, failure) = try run(input: identity)
        #expect(failure == .none)
        #expect(text.contains("one entry for each"))
        #expect(!text.contains("entry lanyard."))
    }

    @Test("shows entry, policy, database role and both auth roles as the operator would write them")
    func text() throws {
        let (text, failure) = try run(input: Self.identity + Self.boundary + Self.binding)
        #expect(failure == .none)
        let name = "lanyard.cluster.shop.web"
        #expect(
            text.hasPrefix(
                """
                # WorkloadIdentity shop/web (-, document 1)
                entry \(name)
                  spiffe_id: spiffe://example.org/ns/shop/sa/web
                  parent_id: spiffe://example.org/ns/spire-system/sa/spire-agent
                  selector: k8s:ns:shop
                  selector: k8s:sa:web
                """))
        #expect(
            text.contains(
                """
                sys/policies/acl/\(name)
                  # Managed by Lanyard: vaultrolebindings.lanyard.dev shop/web (cluster cluster). Changes by hand are undone.
                  path "database/creds/\(name)_main" {
                    capabilities = ["read"]
                  }
                  path "secret/data/shop/web/*" {
                    capabilities = ["read"]
                  }
                database/roles/\(name)_main
                  creation_statements: ["CREATE ROLE x"]
                  credential_type: password
                  db_name: orders
                  max_ttl: 43200
                auth/kubernetes/role/\(name)
                """))
        #expect(text.contains("\nauth/jwt/role/\(name)\n"))
        #expect(text.contains("  bound_subject: spiffe://example.org/ns/shop/sa/web"))
    }

    @Test("says the same as JSON, with the zeros that are sent")
    func json() throws {
        let (text, _) = try run(["-o", "json"], input: Self.identity + Self.boundary + Self.binding)
        let value = try JSONValue(parsing: Data(text.utf8))
        let resources = try #require(value["resources"]?.array)
        #expect(resources.map { $0["kind"] } == ["WorkloadIdentity", "VaultRoleBinding"])
        let objects = try #require(resources.last?["objects"]?.array)
        #expect(objects.count == 4)
        #expect(objects.first?["policy"]?.string?.hasPrefix("# Managed by Lanyard") == true)
        #expect(objects.last?["fields"]?["token_period"] == 0)
        #expect(try run(["-o", "yaml"], input: Self.identity).text.hasPrefix("resources:\n"))
    }

    @Test("says what is missing among the files: the identity, the template")
    func missing() throws {
        let boundary = Self.boundary.replacing("name: readonly", with: "name: other")
        let (text, failure) = try run(input: boundary + Self.binding)
        #expect(failure == .none)
        #expect(text.contains("note: the WorkloadIdentity is not among the files, so nobody may log in yet"))
        #expect(text.contains("there is no DatabaseRoleTemplate readonly among the files"))
    }

    @Test("shows why a resource would be refused, and nothing else of it")
    func refused() throws {
        let (text, failure) = try run(
            input: Self.identity + Self.boundary + Self.binding.replacing("shop/web/*", with: "farm/*"))
        #expect(failure == .refused)
        #expect(text.contains("refused: spec.access.kv[0].path: asks for"))
        #expect(!text.contains("sys/policies"))
    }

    @Test("cannot be made to steer a terminal")
    func escapes() throws {
        let (text, failure) = try run(
            input: Self.binding.replacing("metadata: {name: web,", with: "metadata: {name: \"a\\e[2Jb\","))
        #expect(failure == .refused)
        #expect(!text.unicodeScalars.contains("\u{1B}"))
    }

    @Test("refuses options that it does not know", arguments: [["-o", "table"], ["--trust-domain", "/"]])
    func options(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { try run(arguments, input: Self.identity) }
        #expect(Lanyard.exitCode(for: error).rawValue == 64)
    }
}
