import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Subprocess
import Testing

extension RealServers {
    @Suite(
        "Identity: another replica leads",
        .enabled(if: TestEnvironment.tellsSPIRECalls, "the SPIRE server is somebody else's, so its log cannot be read"))
    struct IdentityFailoverTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a new leader lists the entries before its first pass, so that it sees what was done while it stood by")
        func listing() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await cluster.withNamespace("successor") { namespace in
                        // Neither verifies anything by itself for an hour.
                        _ = try await Replicas.run(in: environment, cluster) { replicas in
                            try await check(in: namespace, cluster, spire, replicas)
                        }
                    }
                }
            }
        }

        private func check(
            in namespace: String, _ cluster: Cluster, _ spire: Spire, _ replicas: Replicas
        ) async throws {
            let names = (0..<10).map { "app-\($0)" }
            for name in names { try await cluster.apply(Samples.identity(name, in: namespace)) }
            try await cluster.waitUntilReady(names.count, in: namespace)
            let ids = names.map { "lanyard.production.\(namespace).\($0)" }
            try await spire.registry.delete(id: ids[0])
            var changed = try #require(try await spire.registry.entry(id: ids[1]))
            changed.hint = "by hand"
            _ = try await spire.registry.update(changed, fields: [.hint])

            let logs = try WriteLogs(environment)
            let holder = try await Replicas.holder(cluster)
            try replicas.first.send(.terminate)
            try await Replicas.waitForSuccessor(of: holder, cluster)
            try await eventually("what was done by hand is undone") {
                let entries = try await spire.registry.entries(ids: ids).map { try $0.get() }
                return entries.allSatisfy { $0?.hint == "" } ? nil : "not yet"
            }
            // A change after that is made from what was listed: nothing else is written.
            try await cluster.apply(Samples.identity("late", in: namespace))
            try await cluster.waitUntilReady(names.count + 1, in: namespace)
            #expect(
                Set(try logs.spire(idContaining: namespace)) == [
                    .init(method: "BatchCreateEntry", id: ids[0]), .init(method: "BatchUpdateEntry", id: ids[1]),
                    .init(method: "BatchCreateEntry", id: "lanyard.production.\(namespace).late"),
                ])
            try await cluster.deleteResources(in: namespace)
            try await eventually("all is let go") {
                let left = try await cluster.conditions(in: namespace).count
                return left == 0 ? nil : "\(left) left"
            }
        }
    }
}
