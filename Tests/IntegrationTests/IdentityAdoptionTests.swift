import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Testing

extension RealServers {
    /// Entries that somebody made by hand for the workloads of an identity.
    @Suite("Identity: entries that are in the way")
    struct IdentityAdoptionTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        private func run(
            _ purpose: String, _ body: @escaping @Sendable (String, Cluster, Spire) async throws -> Void
        ) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    // Nothing is found by the shared verification.
                    try await OperatorProcess.run(in: environment, resyncInterval: "1h") { _, _ in
                        try await cluster.withNamespace(purpose) { namespace in
                            try await body(namespace, cluster, spire)
                        }
                    }
                }
            }
        }

        /// The entry of an identity, as if a script had made it.
        private func handMade(of key: ObjectKey, _ cluster: Cluster, _ spire: Spire) async throws -> RegistrationEntry {
            try await cluster.apply(Samples.identity(key.name, in: key.namespace ?? ""))
            try await cluster.waitUntilReady(1, in: key.namespace ?? "")
            var entry = try #require(try await spire.entry(of: key))
            try await cluster.deleteResources(in: key.namespace ?? "")
            try await eventually("it is let go") {
                try await cluster.conditions(in: key.namespace ?? "").isEmpty ? nil : "not yet"
            }
            entry.id = "by-hand-\(key.namespace ?? "")"
            entry.hint = "by hand"
            _ = try await spire.registry.create(entry)
            return entry
        }

        @Test("with lanyard.dev/adopt one is taken over at once, under the identity's own ID")
        func takenOver() async throws {
            try await run("adopt") { namespace, cluster, spire in
                let key = ObjectKey(namespace: namespace, name: "web")
                let foreign = try await handMade(of: key, cluster, spire)
                var identity = Samples.identity("web", in: namespace)
                identity.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
                try await cluster.apply(identity)
                try await cluster.waitUntilReady(1, in: namespace)
                let entry = try #require(try await spire.entry(of: key))
                #expect(entry.tuple == foreign.tuple && entry.hint.isEmpty)
                #expect(try await spire.registry.entry(id: foreign.id) == nil)
                try await eventually("an event says what it had") {
                    let notes = try await cluster.events(in: namespace).filter { $0.reason == "Adopted" }.compactMap(
                        \.note)
                    return notes.contains { $0.contains(foreign.id) && $0.contains("hint") } ? nil : "\(notes)"
                }
            }
        }

        @Test("without it, the identity takes over within two seconds after that entry has gone")
        func gone() async throws {
            try await run("gone") { namespace, cluster, spire in
                let key = ObjectKey(namespace: namespace, name: "web")
                let foreign = try await handMade(of: key, cluster, spire)
                try await cluster.apply(Samples.identity("web", in: namespace))
                try await eventually("it is in conflict") {
                    let reasons = try await cluster.conditions(in: namespace).flatMap(\.conditions).map(\.reason)
                    return reasons.contains("Conflict") ? nil : "\(reasons)"
                }
                try await spire.registry.delete(id: foreign.id)
                try await eventually("it has taken over", within: .seconds(2)) {
                    try await spire.entry(of: key) == nil ? "not yet" : nil
                }
            }
        }

        @Test(
            "while SPIRE is away, identities that are right say so at their next turn, and are Ready again afterwards")
        func away() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(in: environment, resyncInterval: "2s") { _, _ in
                        try await cluster.withNamespace("away") { namespace in
                            try await cluster.apply(Samples.identity("web", in: namespace))
                            try await cluster.waitUntilReady(1, in: namespace)
                            try await spire.stop()
                            try await eventually("it says that SPIRE is away", within: .seconds(40)) {
                                let conditions = try await cluster.conditions(in: namespace).flatMap(\.conditions)
                                let reason = conditions.condition(ConditionType.ready)?.reason ?? ""
                                return reason == "SPIREUnavailable" ? nil : reason
                            }
                            try await spire.start()
                            try await cluster.waitUntilReady(1, in: namespace)
                        }
                    }
                }
            }
        }
    }
}
