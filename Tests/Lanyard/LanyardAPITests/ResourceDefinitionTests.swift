import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@Suite("CustomResourceDefinition")
struct ResourceDefinitionTests {
    @Test("is named as the Swift type says, with its short name and category", arguments: PublishedKind.all)
    func names(kind: PublishedKind) throws {
        let definition = try kind.definition()
        let spec = try #require(definition["spec"])
        #expect(definition["metadata"]?["name"]?.string == kind.descriptor.qualifiedName)
        #expect(spec["group"]?.string == kind.descriptor.group)
        #expect(spec["scope"]?.string == (kind.descriptor.isNamespaced ? "Namespaced" : "Cluster"))
        #expect(spec["names"]?["kind"]?.string == kind.descriptor.kind)
        #expect(spec["names"]?["plural"]?.string == kind.descriptor.plural)
        #expect(spec["names"]?["shortNames"] == [.string(kind.shortName)])
        #expect(spec["names"]?["categories"] == ["lanyard"])
        #expect(try kind.version()["name"]?.string == kind.descriptor.version)
    }

    @Test("has the status subresource if, and only if, the kind has a status", arguments: PublishedKind.all)
    func statusSubresource(kind: PublishedKind) throws {
        #expect(try (kind.version()["subresources"]?["status"] != nil) == kind.hasStatus)
        #expect(try (kind.schema().member("status") != nil) == kind.hasStatus)
    }

    @Test("there is one file for each kind and no other")
    func files() throws {
        let expected = LanyardKind.all.map { "crds/\($0.descriptor.plural).yaml" }
        #expect(try Checkout.yamlFiles(in: "crds") == expected.sorted())
        #expect(Set(PublishedKind.all.map(\.descriptor)) == Set(LanyardKind.all.map(\.descriptor)))
    }

    @Test("is in the executable as it is published (hack/generate-definitions)", arguments: PublishedKind.all)
    func embedded(kind: PublishedKind) throws {
        let published = try Checkout.text("crds/\(kind.descriptor.plural).yaml")
        #expect(PublishedDefinitions.yaml[kind.descriptor.qualifiedName] == published)
        #expect(PublishedDefinitions.yaml.count == PublishedKind.all.count)
    }

    @Test("describes every field in a sentence", arguments: PublishedKind.all)
    func descriptions(kind: PublishedKind) throws {
        for node in try kind.schema().all {
            let description = node.schema["description"]?.string ?? ""
            #expect(description.count > 10 && description.hasSuffix("."), "\(node.path)")
        }
    }

    @Test(
        "has no defaults, which would be a lasting difference in Argo CD, but that nobody has looked at a new object yet",
        arguments: PublishedKind.all)
    func defaults(kind: PublishedKind) throws {
        let nodes = try kind.schema().all.filter { $0.schema["default"] != nil }
        #expect(nodes.map(\.path) == (kind.hasStatus ? ["status"] : []))
        // Without it a new object has no status, which kstatus takes for all being well.
        #expect(nodes.allSatisfy { $0.schema["default"] == ["observedGeneration": .integer(-1)] })
    }

    @Test("bounds every text, list and map, so that rules over them are cheap", arguments: PublishedKind.all)
    func bounds(kind: PublishedKind) throws {
        for node in try kind.schema().all {
            switch node.type {
            case "array": #expect(node.schema["maxItems"] != nil && node.element != nil, "\(node.path)")
            case "string":
                let isBounded = ["maxLength", "enum", "format"].contains { node.schema[$0] != nil }
                #expect(isBounded, "\(node.path)")
            case "object":
                let isMap = node.mapValue != nil
                #expect(isMap == (node.schema["maxProperties"] != nil), "\(node.path)")
                #expect(isMap != (node.schema["properties"] != nil), "\(node.path)")
            default: #expect(["integer", "boolean"].contains(node.type), "\(node.path)")
            }
        }
    }

    @Test("reads durations by one rule, which is cheap on 32 characters", arguments: PublishedKind.all)
    func durations(kind: PublishedKind) throws {
        let rule = "self.matches('^([0-9]+([.][0-9]+)?[hm]|[0-9]+s)+$') && duration(self) > duration('0s')"
        var durations: Set<String> = []
        for node in try kind.schema().all {
            let rules = (node.schema["x-kubernetes-validations"]?.array ?? []).compactMap { $0["rule"]?.string }
            guard rules.contains(where: { $0.contains("duration(") }) else { continue }
            durations.insert(node.path)
            #expect(rules == [rule], "\(node.path)")
            #expect(node.schema["maxLength"] == 32, "\(node.path)")
        }
        #expect(durations == kind.durations)
    }

    @Test("says for every list how it merges", arguments: PublishedKind.all)
    func listTypes(kind: PublishedKind) throws {
        for node in try kind.schema().all where node.type == "array" {
            let isMap = node.path == "status.conditions"
            // Choices of a closed set: to name one again would only cost time.
            let isSet = ["permissions", "operations", "capabilities"].contains { node.path.hasSuffix(".\($0)") }
            #expect(
                node.schema["x-kubernetes-list-type"] == (isMap ? "map" : isSet ? "set" : "atomic"), "\(node.path)")
            #expect(node.schema["x-kubernetes-list-map-keys"] == (isMap ? ["type"] : nil), "\(node.path)")
        }
    }

    @Test("lets every object in a status be applied as a whole", arguments: PublishedKind.all)
    func statusObjects(kind: PublishedKind) throws {
        // Of others a server-side apply that takes one away would leave null behind, which the schema refuses.
        for node in try kind.schema().all
        where node.type == "object" && node.path.hasPrefix("status.") && !node.path.hasSuffix("[]") {
            #expect(node.schema["x-kubernetes-map-type"] == "atomic", "\(node.path)")
        }
    }

    @Test("gives every rule a message", arguments: PublishedKind.all)
    func rules(kind: PublishedKind) throws {
        for node in try kind.schema().all {
            for rule in node.schema["x-kubernetes-validations"]?.array ?? [] {
                #expect(rule["rule"]?.string?.contains("self") == true, "\(node.path)")
                #expect(rule["message"]?.string?.isEmpty == false, "\(node.path)")
            }
        }
    }

    @Test("leaves values that the controller explains to rules, which old servers ignore", arguments: PublishedKind.all)
    func plainSchemaIsLenient(kind: PublishedKind) throws {
        let nodes = try kind.specSchema().all
        let enums = nodes.filter { $0.schema["enum"] != nil }.map(\.path)
        #expect(Set(enums) == kind.choices)
        #expect(nodes.filter { $0.schema["pattern"] != nil }.map(\.path) == [])
    }

    @Test(
        "demands what one field says of another",
        arguments: [
            ("spec", "has(self.workloadIdentityRef) != has(self.serviceAccountNames)"),
            ("spec", "!has(self.jwtAuth) || has(self.workloadIdentityRef)"),
            ("spec.databaseRoles[]", "has(self.static) || has(self.template) != has(self.statements)"),
            ("spec.access.kv[].path", "self.matches('^[^*]*$|^[^*]+/[*]$')"),
        ])
    func crossFieldRules(path: String, rule: String) throws {
        let node = try #require(PublishedKind.vaultRoleBinding.schema().all.first { $0.path == path })
        let rules = node.schema["x-kubernetes-validations"]?.array ?? []
        #expect(rules.contains { $0["rule"]?.string == rule })
    }

    @Test(
        "demands of a mount what its type needs, and that it does not move",
        arguments: [
            ("spec", "!has(self.pki) || self.type == 'pki'"),
            ("spec", "self.type != 'jwt' || has(self.jwt)"),
            ("spec", "self.type == oldSelf.type"),
            (
                "spec",
                "has(self.path) == has(oldSelf.path) && (!has(self.path) || self.path == oldSelf.path)"
            ),
            ("spec.pki", "!has(self.root) || !has(self.intermediate)"),
            (
                "spec.jwt",
                "[has(self.trust), has(self.jwksURL), has(self.discoveryURL)].filter(given, given).size() == 1"
            ),
        ])
    func mountRules(path: String, rule: String) throws {
        let node = try #require(PublishedKind.vaultMount.schema().all.first { $0.path == path })
        let rules = node.schema["x-kubernetes-validations"]?.array ?? []
        #expect(rules.contains { $0["rule"]?.string == rule })
    }

    @Test("keeps namespace and ServiceAccount out of an author's selectors")
    func reservedSelectors() throws {
        let path = "spec.selectors[]"
        let node = try #require(PublishedKind.workloadIdentity.schema().all.first { $0.path == path })
        let rules = node.schema["x-kubernetes-validations"]?.array ?? []
        #expect(rules.contains { $0["rule"]?.string == "!self.matches('^k8s:(ns|sa)(:|$)')" })
    }
}
