import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Subprocess
import Testing

extension RealServers {
    /// Two operator processes with one Lease, at its default times: 15 s, 10 s and 2 s.
    @Suite("Failover")
    struct FailoverTests {
        let environment: TestEnvironment
        let clock = SystemClock()

        init() throws { environment = try TestEnvironment() }

        @Test("after kill -9 of the leader the standby leads, and has written, within the lease's 15 s and 2 s more")
        func killed() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("failover") { namespace in
                    let (_, end) = try await Replicas.run(in: environment, cluster) { replicas in
                        try await apply(["early"], in: namespace, cluster)
                        try await cluster.waitUntilReady(2, in: namespace)
                        let holder = try await Replicas.holder(cluster)
                        try replicas.first.send(.kill)
                        let killedAt = clock.now
                        try await apply(["late"], in: namespace, cluster)
                        try await Replicas.waitForSuccessor(of: holder, cluster)
                        let leads = clock.now - killedAt
                        try await eventually("the new leader writes") {
                            let policy = "sys/policies/acl/lanyard.production.\(namespace).late"
                            return try await bao.read(policy) != nil ? nil : "not yet"
                        }
                        let wrote = clock.now - killedAt
                        print("kill -9: the standby leads after \(leads), its first policy is there after \(wrote)")
                        #expect(leads < .seconds(17))
                        #expect(wrote < .seconds(17))
                        try await cluster.waitUntilReady(4, in: namespace)
                        try await cluster.deleteResources(in: namespace)
                        try await waitUntilEmpty(namespace, cluster)
                    }
                    #expect(end == .signaled(9))
                }
            }
        }

        @Test("a leader that gets SIGTERM ends its work, then lets the lease go; the standby leads within a second")
        func terminated() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("handover") { namespace in
                    let names = (0..<30).map { "app-\($0)" }
                    let (log, end) = try await Replicas.run(in: environment, cluster) { replicas in
                        let logs = try WriteLogs(environment)
                        let holder = try await Replicas.holder(cluster)
                        // In the midst of work, of which some is left for the other, however fast they are.
                        try await apply(Array(names.prefix(15)), in: namespace, cluster)
                        try await eventually("the leader is at work") {
                            try logs.vault(pathContaining: namespace).isEmpty ? "not yet" : nil
                        }
                        try replicas.first.send(.terminate)
                        let terminatedAt = clock.now
                        try await Replicas.waitForSuccessor(of: holder, cluster)
                        let leads = clock.now - terminatedAt
                        try await apply(Array(names.dropFirst(15)), in: namespace, cluster)
                        print("SIGTERM: the standby leads after \(leads)")
                        #expect(leads < .seconds(1))
                        try await cluster.waitUntilReady(2 * names.count, in: namespace)
                        try expectOrder(of: logs, in: namespace)
                        try await cluster.deleteResources(in: namespace)
                        try await waitUntilEmpty(namespace, cluster)
                        return try replicas.first.messages()
                    }
                    #expect(end == .exited(0))
                    let lastEnd = try #require(log.lastIndex(of: "controller ended"))
                    let release = try #require(log.lastIndex(of: "lease released"))
                    #expect(log.count { $0 == "controller ended" } == OperatorRun.controllers)
                    #expect(lastEnd < release, "the lease was let go of while workers ran")
                }
            }
        }

        /// Both had their part of the work, and the first wrote nothing after the second had begun.
        private func expectOrder(of logs: WriteLogs, in namespace: String) throws {
            let roles = try logs.vault(pathContaining: namespace).map(\.role)
            let last = try #require(roles.lastIndex(of: Replicas.roles.first))
            let first = try #require(roles.firstIndex(of: Replicas.roles.second))
            #expect(last < first)
            #expect(roles.allSatisfy { $0 != nil })
        }

        @Test("a leader that stood still for 30 s writes nothing to OpenBao and SPIRE after it, and ends with an error")
        func paused() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await cluster.withNamespace("paused") { namespace in
                        let end = try await pause(in: namespace, cluster, spire, bao)
                        #expect(end == .exited(1))
                    }
                }
            }
        }

        private func pause(
            in namespace: String, _ cluster: Cluster, _ spire: Spire, _ bao: Bao
        ) async throws -> TerminationStatus {
            // What the first has once made it verifies every few seconds; the second looks again in an hour.
            let settings = (first: ["reconcile.resyncInterval=2s"], second: [String]())
            let names = (0..<20).map { "app-\($0)" }
            return try await Replicas.run(in: environment, cluster, settings: settings) { replicas in
                let start = try WriteLogs(environment)
                try await apply(["drifts"], in: namespace, cluster)
                try await cluster.waitUntilReady(2, in: namespace)
                let holder = try await Replicas.holder(cluster)
                try await apply(names, in: namespace, cluster)
                try await eventually("the leader is at work") {
                    let writes = try start.vault(pathContaining: "\(namespace).app-").count
                    return writes >= 3 ? nil : "\(writes) writes"
                }
                try replicas.first.send(.suspend)
                let stoppedAt = clock.now
                try await edit("app-1", in: namespace, cluster)
                try await apply(["new"], in: namespace, cluster)
                try await Replicas.waitForSuccessor(of: holder, cluster)
                try await cluster.waitUntilReady(2 * names.count + 4, in: namespace, within: .seconds(20))
                // The second has nothing more to do; the first will find much to do, old and new.
                try await sabotage(namespace, spire, bao)
                try await clock.sleep(for: stoppedAt + .seconds(30) - clock.now)
                let logs = try WriteLogs(environment)
                try replicas.first.send(.resume)
                let resumedAt = clock.now
                try await replicas.first.waitUntilEnded()
                print("SIGSTOP for 30 s: the former leader ended \(clock.now - resumedAt) after it went on")

                #expect(try logs.vault(pathContaining: namespace) == [])
                #expect(try logs.spire(idContaining: namespace) == [])
                #expect(try replicas.first.messages().contains("leadership lost"))
                // The logs tell the two apart, and would have shown a write.
                let writers = Set(try start.vault(pathContaining: "auth/kubernetes/role/lanyard.").compactMap(\.role))
                #expect(writers == [Replicas.roles.first, Replicas.roles.second])
                #expect(try start.spire(idContaining: namespace).isEmpty == (environment.spireLog == nil))
                try await cluster.deleteResources(in: namespace)
                try await waitUntilEmpty(namespace, cluster)
            }.firstEnd
        }

        /// Makes work that only who verifies will see.
        private func sabotage(_ namespace: String, _ spire: Spire, _ bao: Bao) async throws {
            try await spire.registry.delete(id: "lanyard.production.\(namespace).drifts")
            for name in ["drifts", "app-0", "app-1", "app-2", "app-3"] {
                try await bao.write(
                    "sys/policies/acl/lanyard.production.\(namespace).\(name)",
                    ["policy": "path \"secret/data/x\" { capabilities = [\"read\"] }"])
            }
        }

        private func apply(_ names: [String], in namespace: String, _ cluster: Cluster) async throws {
            for name in names {
                try await cluster.apply(Samples.identity(name, in: namespace))
                try await cluster.apply(Samples.binding(name, in: namespace, withDatabase: true))
            }
        }

        private func edit(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            let _: VaultRoleBinding = try await cluster.api.mergePatch(
                VaultRoleBinding.self, ObjectKey(namespace: namespace, name: name),
                ["spec": ["access": ["kv": [["path": .string("\(namespace)/other/*"), "permissions": ["Read"]]]]]])
        }

        private func waitUntilEmpty(_ namespace: String, _ cluster: Cluster) async throws {
            try await eventually("all resources are let go") {
                let left = try await cluster.conditions(in: namespace).count
                return left == 0 ? nil : "\(left) left"
            }
        }
    }
}
