import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    @Suite("Outages")
    struct OutageTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a sealed OpenBao shows as VaultSealed, and everything converges by itself after it is unsealed")
        func sealed() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("sealed") { namespace in
                        try await cluster.apply(Samples.identity("early", in: namespace))
                        try await cluster.apply(Samples.binding("early", in: namespace, withDatabase: true))
                        try await cluster.waitUntilReady(2, in: namespace)
                        try await bao.seal()
                        try await cluster.apply(Samples.identity("late", in: namespace))
                        try await cluster.apply(Samples.binding("late", in: namespace, withDatabase: true))
                        do {
                            for name in ["early", "late"] {
                                try await expect("VaultSealed", on: "vrb/\(name)", in: namespace, cluster)
                            }
                        } catch {
                            try await bao.unseal()
                            throw error
                        }
                        try await bao.unseal()
                        try await cluster.waitUntilReady(4, in: namespace, within: .seconds(20))
                        try await removeAll(in: namespace, cluster)
                    }
                }
            }
        }

        @Test(
            "a SPIRE server that is gone shows on what waits for it, and everything converges by itself when it is back"
        )
        func spireGone() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await SPIREWay.run(in: environment) { way in
                    try await OperatorProcess.run(in: environment, settings: way.settings) { _, _ in
                        try await cluster.withNamespace("spire-gone") { namespace in
                            try await cluster.apply(Samples.identity("early", in: namespace))
                            try await cluster.waitUntilReady(1, in: namespace)
                            try await way.close()
                            try await cluster.apply(Samples.identity("late", in: namespace))
                            do {
                                try await expect("SPIREUnavailable", on: "wid/late", in: namespace, cluster)
                                // What was right stays what it was: no object is rewritten for an outage.
                                try await cluster.waitUntilReady(1, in: namespace)
                            } catch {
                                try await way.open()
                                throw error
                            }
                            try await way.open()
                            try await cluster.waitUntilReady(2, in: namespace, within: .seconds(20))
                            let late = ObjectKey(namespace: namespace, name: "late")
                            let entry = try await Spire.run(in: environment) { try await $0.entry(of: late) }
                            #expect(entry != nil)
                            try await removeAll(in: namespace, cluster)
                        }
                    }
                }
            }
        }

        private func expect(_ reason: String, on name: String, in namespace: String, _ cluster: Cluster) async throws {
            try await eventually("\(name) says \(reason)", within: .seconds(20)) {
                let object = try await cluster.conditions(in: namespace).first { $0.name == name }
                let ready = object?.conditions.condition(ConditionType.ready)
                return ready?.status == .no && ready?.reason == reason ? nil : ready?.reason ?? "nothing"
            }
        }

        private func removeAll(in namespace: String, _ cluster: Cluster) async throws {
            try await cluster.deleteResources(in: namespace)
            try await eventually("all resources are let go") {
                let left = try await cluster.conditions(in: namespace).count
                return left == 0 ? nil : "\(left) left"
            }
        }
    }
}
