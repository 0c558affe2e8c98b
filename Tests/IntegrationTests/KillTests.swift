import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    @Suite("Kill -9")
    struct KillTests {
        @Test("an operator that is killed at any moment converges after a restart, and touches nothing foreign")
        func killed() async throws {
            let environment = try TestEnvironment()
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await cluster.withNamespace("kill") { namespace in
                        try await check(in: namespace, environment, cluster, spire, bao)
                    }
                }
            }
        }

        private func check(
            in namespace: String, _ environment: TestEnvironment, _ cluster: Cluster, _ spire: Spire, _ bao: Bao
        ) async throws {
            let foreign: JSONValue = ["policy": "path \"secret/data/foreign\" { capabilities = [\"read\"] }"]
            let foreignPath = "sys/policies/acl/it-foreign-\(namespace)"
            try await bao.write(foreignPath, foreign)
            let before = try await bao.read(foreignPath)
            let names = (0..<8).map { "app-\($0)" }
            // The process is killed after 1, 6, 11 … further requests of its own to OpenBao.
            for round in 0..<4 {
                let name = names[round * 2]
                let other = names[round * 2 + 1]
                try await OperatorProcess.run(in: environment) { _, kill in
                    let start = try await bao.audited(pathContaining: namespace).count
                    for name in [name, other] {
                        try await cluster.apply(Samples.identity(name, in: namespace))
                        try await cluster.apply(Samples.binding(name, in: namespace, withDatabase: true))
                    }
                    try await eventually("the operator is at work") {
                        let now = try await bao.audited(pathContaining: namespace).count
                        return now >= start + 1 + 5 * round ? nil : "\(now - start) requests"
                    }
                    try kill()
                }
            }
            try await OperatorProcess.run(in: environment) { _, _ in
                try await cluster.waitUntilReady(2 * names.count, in: namespace)
                let prefix = "lanyard.production.\(namespace)."
                #expect(try await bao.policies(withPrefix: prefix).sorted() == names.map { prefix + $0 })
                let records = try await cluster.api.list(OwnershipRecord.self, namespace: "lanyard-system").items
                #expect(records.filter { $0.spec.owner.namespace == namespace }.count == names.count)
                for name in names {
                    #expect(try await spire.entry(of: ObjectKey(namespace: namespace, name: name)) != nil)
                }
                #expect(try await bao.read(foreignPath) == before)
                try await cluster.deleteResources(in: namespace)
                try await eventually("everything is gone") {
                    let left = try await bao.policies(withPrefix: prefix)
                    let objects = try await cluster.conditions(in: namespace).count
                    return left.isEmpty && objects == 0 ? nil : "\(left.count) policies, \(objects) resources"
                }
                #expect(try await bao.read(foreignPath) == before)
            }
            try await bao.delete(foreignPath)
        }
    }
}
