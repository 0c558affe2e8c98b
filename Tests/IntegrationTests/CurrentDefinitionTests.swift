import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// Whether what people install is taken by the API server that people have.
    @Suite("Definitions on a current API server")
    struct CurrentDefinitionTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("every definition, applied as kubectl does it, is taken without a warning and established as published")
        func definitions() async throws {
            let log = RecordedLog()
            try await Cluster.run(in: environment, on: .customResources, logger: log.logger) { cluster in
                let definitions = try Manifest.definitions()
                #expect(Set(definitions.map(\.key.name)) == Set(Manifest.kinds.map(\.qualifiedName)))
                // As on a new cluster: with what is stored already, servers are more patient.
                for definition in definitions { try await cluster.deleteDefinition(definition.key.name) }
                for definition in definitions { try await cluster.apply(definition) }
                for definition in definitions {
                    try await eventually("\(definition.key) is established") {
                        let conditions = try await conditions(of: definition, cluster)
                        // Any other would be a complaint: a schema that is not structural, names that are taken.
                        return conditions == ["Established": "True", "NamesAccepted": "True"] ? nil : "\(conditions)"
                    }
                    let stored = try await cluster.read(definition)
                    #expect(stored["status"]?["acceptedNames"] == definition.value["spec"]?["names"])
                    #expect(stored["status"]?["storedVersions"] == ["v1alpha1"])
                    // No default that the server fills in hides a field of the schema.
                    let schemas = [stored, definition.value].map { $0["spec"]?["versions"]?.array?.first?["schema"] }
                    #expect(try JSON.encode(schemas[0]) == JSON.encode(schemas[1]))
                    let again = try await cluster.apply(definition)
                    #expect(again["metadata"]?["resourceVersion"] == stored["metadata"]?["resourceVersion"])
                }
            }
            #expect(log.entries.filter { $0.contains("API server warns") } == [])
        }

        private func conditions(of definition: Manifest, _ cluster: Cluster) async throws -> [String: String] {
            let list = try await cluster.read(definition)["status"]?["conditions"]?.array ?? []
            return Dictionary(
                list.map { ($0["type"]?.string ?? "", $0["status"]?.string ?? "") }, uniquingKeysWith: { $1 })
        }

        @Test("every sample, and an object of each other kind, is taken, and its spec comes back byte for byte")
        func samples() async throws {
            let log = RecordedLog()
            try await Cluster.run(in: environment, on: .customResources, logger: log.logger) { cluster in
                try await cluster.serveDefinitions()
                let all = try Manifest.examples()
                #expect(Set(all.map(\.descriptor.kind)) == Set(Manifest.kinds.map(\.kind)))
                #expect(try Manifest.samples().contains { $0.descriptor == VaultMount.descriptor })
                for sample in all {
                    try await cluster.delete(sample)
                    for stored in [
                        try await cluster.create(sample), try await cluster.read(sample),
                        try await cluster.apply(sample),
                    ] { try expectWhole(stored, sample, "created, then applied") }
                    try await cluster.delete(sample)
                    for stored in [try await cluster.apply(sample), try await cluster.read(sample)] {
                        try expectWhole(stored, sample, "applied")
                        #expect(stored["metadata"]?["generation"] == 1)
                    }
                    try await cluster.delete(sample)
                }
            }
            #expect(log.entries.filter { $0.contains("API server warns") } == [])
        }

        private func expectWhole(_ stored: JSONValue, _ sample: Manifest, _ way: String) throws {
            let specs = [stored, sample.value].map { $0["spec"] }
            let texts = try specs.map { String(decoding: try JSON.encode($0), as: UTF8.self) }
            #expect(texts[0] == texts[1], "\(sample.descriptor.kind) \(sample.key), \(way)")
            #expect(specs[1] != nil)
            // Nobody has looked at it yet, and tools of GitOps see that.
            let isRecord = sample.descriptor == OwnershipRecord.descriptor
            let status: JSONValue? = isRecord ? nil : ["observedGeneration": .integer(-1)]
            #expect(stored["status"] == status, "\(sample.descriptor.kind) \(sample.key), \(way)")
        }
    }
}
