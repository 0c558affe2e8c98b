import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// An OpenBao with raft storage, to which everything happens that happens to servers.
    @Suite("Vault, turmoil")
    struct VaultTurmoilTests {
        private static let count = 200
        private static let foreign = [
            "sys/policies/acl/it-foreign", "auth/kubernetes/role/it-foreign", "database/roles/it-foreign",
        ]
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        @Test(
            "sealed, stepped down, rate-limited and restarted while 200 bindings change: it converges and rests",
            .timeLimit(.minutes(5)))
        func turmoil() async throws {
            #expect(try await bao.answer("sys/seal-status")["storage_type"] == "raft")
            try await makeForeignObjects()
            let left = try await foreignObjects()
            let mark = try bao.auditMark()
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("turmoil") { namespace in
                    _ = try await OperatorRun.run(
                        in: environment, settings: ["reconcile.resyncInterval=5s", "log.level=info"]
                    ) { run in
                        try await run.waitUntilWorking()
                        try await cluster.applyTogether(
                            (0..<Self.count).map { Samples.plainBinding("app-\($0)", in: namespace) })
                        try await upset(in: namespace, cluster, run)
                        try await cluster.waitUntilReady(Self.count, in: namespace, within: .seconds(90))
                        try await checkRest(in: namespace)
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone", within: .seconds(90), every: .seconds(1)) {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    let own = "/lanyard.production.\(namespace).app-"
                    #expect(try await bao.operatorWrites(since: mark).filter { !$0.path.contains(own) }.isEmpty)
                    #expect(try await bao.policies(withPrefix: "lanyard.production.\(namespace).").isEmpty)
                }
            }
            #expect(try await foreignObjects() == left)
            for path in Self.foreign { try await bao.delete(path) }
        }

        /// Everything that happens, each while a quarter of the bindings changes.
        private func upset(in namespace: String, _ cluster: Cluster, _ run: OperatorRun) async throws {
            try await bao.seal()
            try await change(0..<50, in: namespace, cluster)
            try await waitForAnswer("503", run)
            try await bao.unseal()

            try await bao.limitRate(to: 20)
            try await change(50..<100, in: namespace, cluster)
            try await waitForAnswer("429", run)
            try await bao.limitRate(to: nil)

            let leadership = try await bao.answer("sys/leader")["active_time"]
            try await change(100..<150, in: namespace, cluster) { try await bao.stepDown() }
            #expect(try await bao.answer("sys/leader")["active_time"] != leadership)

            try await change(150..<200, in: namespace, cluster) { try await bao.restart() }
        }

        /// Gives tokens another life, one binding after the other; something happens halfway.
        private func change(
            _ indices: Range<Int>, in namespace: String, _ cluster: Cluster,
            _ act: () async throws -> Void = {}
        ) async throws {
            for index in indices {
                if index == (indices.lowerBound + indices.upperBound) / 2 { try await act() }
                try await cluster.edit("app-\(index)", in: namespace) { $0.token?.ttl = "20m" }
            }
        }

        /// Waits until the operator has been answered with a status.
        private func waitForAnswer(_ status: String, _ run: OperatorRun) async throws {
            try await eventually("OpenBao answers the operator with \(status)") {
                let text = try await run.get("metrics", from: "metrics").body
                return text.contains("status=\"\(status)\"} ") ? nil : "not yet"
            }
        }

        /// In a whole round of verification the operator reads every object, and does nothing else.
        private func checkRest(in namespace: String) async throws {
            let mark = try bao.auditMark()
            let objects = ["sys/policies/acl", "auth/kubernetes/role"].flatMap { collection in
                (0..<Self.count).map { "\(collection)/lanyard.production.\(namespace).app-\($0)" }
            }
            try await eventually("everything is verified once more", within: .seconds(60), every: .seconds(1)) {
                let seen = Set(try await bao.operatorCalls(since: mark).map(\.path))
                let missing = objects.count { !seen.contains($0) }
                return missing == 0 ? nil : "\(missing) objects are not"
            }
            let calls = try await bao.operatorCalls(since: mark)
            #expect(calls.filter(\.isWrite).map(\.path) == [])
            #expect(Set(calls.map(\.path)).subtracting(objects).isEmpty)
        }

        private func makeForeignObjects() async throws {
            try await bao.write(
                Self.foreign[0], ["policy": "path \"secret/data/foreign\" { capabilities = [\"read\"] }"])
            try await bao.write(
                Self.foreign[1],
                [
                    "bound_service_account_names": ["foreign"], "bound_service_account_namespaces": ["foreign"],
                    "token_policies": ["it-foreign"],
                ])
            try await bao.write(
                Self.foreign[2], ["db_name": "temporal-postgres", "creation_statements": ["SELECT 1"]])
        }

        private func foreignObjects() async throws -> [JSONValue?] {
            var objects: [JSONValue?] = []
            for path in Self.foreign { objects.append(try await bao.read(path)) }
            return objects
        }
    }
}
