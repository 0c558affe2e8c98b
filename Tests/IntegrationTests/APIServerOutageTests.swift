import KubernetesClient
import KubernetesModel
import LanyardAPI
import Subprocess
import Testing

extension RealServers {
    @Suite("API server outage")
    struct APIServerOutageTests {
        /// Longer than the outage: a leader that cannot renew in time has to end, which is another test.
        private static let settings = [
            "leaderElection.leaseDuration=180s", "leaderElection.renewDeadline=170s", "leaderElection.retryPeriod=2s",
            // Nothing is right again because somebody happened to look: what was missed would stay missed.
            "reconcile.resyncInterval=1h",
        ]

        @Test("60 s without kube-apiserver and a compacted etcd: no change is missed, none made twice, no restart")
        func outage() async throws {
            let environment = try TestEnvironment()
            let logs = try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("outage") { namespace in
                    let (messages, end) = try await OperatorRun.run(in: environment, settings: Self.settings) { run in
                        try await run.waitUntilWorking()
                        try await check(in: namespace, environment, cluster, run)
                        return try run.messages()
                    }
                    #expect(end == .exited(0))
                    return messages
                }
            }
            #expect(logs.count { $0 == "lanyard starts" } == 1)
            #expect(logs.count { $0 == "leading" } == 1)
        }

        private func check(
            in namespace: String, _ environment: TestEnvironment, _ cluster: Cluster, _ run: OperatorRun
        ) async throws {
            let clock = SystemClock()
            let etcd = Etcd(endpoint: try environment.variable("ETCD_ENDPOINT"))
            for name in ["stays", "edited", "deleted", "early"] { try await apply(name, in: namespace, cluster) }
            try await cluster.waitUntilReady(8, in: namespace)
            let logs = try WriteLogs(environment)

            // A change in the last moment: it may be seen, done or half done.
            try await edit("early", in: namespace, cluster)
            try await environment.control("stop", "apiserver")
            let stoppedAt = clock.now
            do {
                try await clock.sleep(for: .seconds(60))
                try await etcd.compact()
            } catch {
                try await environment.control("start", "apiserver")
                throw error
            }
            // No watch sees what happens now: what is between the last known version and the present is gone for good.
            try run.send(.suspend)
            try await environment.control("start", "apiserver")
            print("kube-apiserver was away for \(clock.now - stoppedAt)")
            try await edit("edited", in: namespace, cluster)
            try await apply("created", in: namespace, cluster)
            try await delete("deleted", in: namespace, cluster)
            let revision = try await etcd.compact()
            let lists = try listed(run)
            try run.send(.resume)
            let resumedAt = clock.now

            try await cluster.waitUntilReady(8, in: namespace, within: .seconds(60))
            try await eventually("what was deleted is let go", within: .seconds(60)) {
                let left = try await cluster.conditions(in: namespace).count
                return left == 8 ? nil : "\(left) resources"
            }
            print("all is as declared \(clock.now - resumedAt) after etcd was compacted at revision \(revision)")
            try expectNoOther(logs, than: try expectedWrites(in: namespace), in: namespace)
            // Servers differ in how they say that a watch is too old.
            try await eventually("what was missed is listed", within: .seconds(5)) {
                try listed(run) > lists ? nil : "no list was"
            }
            try await cluster.deleteResources(in: namespace)
            try await eventually("all resources are let go") {
                let left = try await cluster.conditions(in: namespace).count
                return left == 0 ? nil : "\(left) left"
            }
        }

        /// How often identities were listed.
        private func listed(_ run: OperatorRun) throws -> Int {
            try run.lines().count {
                $0["message"]?.string == "listed" && $0["resource"]?.string == WorkloadIdentity.descriptor.qualifiedName
            }
        }

        private func expectedWrites(in namespace: String) throws -> [String: Int] {
            let name = "lanyard.production.\(namespace)"
            return [
                "update sys/policies/acl/\(name).early": 1, "update sys/policies/acl/\(name).edited": 1,
                // OpenBao calls every write of a policy an update.
                "update sys/policies/acl/\(name).created": 1, "create auth/kubernetes/role/\(name).created": 1,
                "delete sys/policies/acl/\(name).deleted": 1, "delete auth/kubernetes/role/\(name).deleted": 1,
            ]
        }

        /// Whatever had to be written was written exactly once, and nothing else was.
        private func expectNoOther(_ logs: WriteLogs, than expected: [String: Int], in namespace: String) throws {
            let writes = try logs.vault(pathContaining: namespace).map { "\($0.operation) \($0.path)" }
            #expect(Dictionary(writes.map { ($0, 1) }, uniquingKeysWith: +) == expected)
            guard try TestEnvironment().spireLog != nil else { return }
            let entries = try logs.spire(idContaining: namespace)
            let name = "lanyard.production.\(namespace)"
            #expect(
                Dictionary(entries.map { ($0.description, 1) }, uniquingKeysWith: +)
                    == ["BatchCreateEntry \(name).created": 1, "BatchDeleteEntry \(name).deleted": 1])
        }

        private func apply(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            try await cluster.apply(Samples.identity(name, in: namespace))
            try await cluster.apply(Samples.binding(name, in: namespace))
        }

        private func edit(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            let _: VaultRoleBinding = try await cluster.api.mergePatch(
                VaultRoleBinding.self, ObjectKey(namespace: namespace, name: name),
                [
                    "spec": [
                        "access": ["kv": [["path": .string("\(namespace)/changed/*"), "permissions": ["Read"]]]]
                    ]
                ])
        }

        private func delete(_ name: String, in namespace: String, _ cluster: Cluster) async throws {
            let key = ObjectKey(namespace: namespace, name: name)
            try await cluster.api.delete(VaultRoleBinding.self, key, uid: nil)
            try await cluster.api.delete(WorkloadIdentity.self, key, uid: nil)
        }
    }
}
