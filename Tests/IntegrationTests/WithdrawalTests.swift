import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Subprocess
import Testing

extension RealServers {
    /// What is taken away, and what is not, on the word of the API server.
    @Suite("Withdrawals")
    struct WithdrawalTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func name(_ namespace: String) -> String { "lanyard.production.\(namespace).web" }

        private func paths(_ namespace: String) -> [String] {
            ["auth/kubernetes/role/\(name(namespace))", "sys/policies/acl/\(name(namespace))"]
        }

        private func waitUntilGone(_ paths: [String], within limit: Duration = .seconds(30)) async throws {
            for path in paths {
                try await eventually("\(path) is gone", within: limit) {
                    try await bao.read(path) == nil ? nil : "it is there"
                }
            }
        }

        private func binding(in namespace: String, staticUser user: String) -> VaultRoleBinding {
            var binding = Samples.plainBinding("web", in: namespace)
            binding.spec.databaseRoles = [Samples.staticRole("main", for: user)]
            return binding
        }

        @Test("nothing goes when a boundary is widened and used before the operator can have seen both")
        func widened() async throws {
            try await Cluster.run(in: environment) { cluster in
                _ = try await OperatorRun.run(in: environment, settings: ["reconcile.resyncInterval=10m"]) { run in
                    try await run.waitUntilWorking()
                    try await cluster.withNamespace("widened") { namespace in
                        try await cluster.withBoundary(about: [namespace]) {
                            $0.onViolation = .withdraw
                            $0.vault?.extraPolicies = ["it-wide-0"]
                        } _: { boundary in
                            var binding = Samples.plainBinding("web", in: namespace)
                            binding.spec.token?.extraPolicies = ["it-wide-0"]
                            try await cluster.apply(binding)
                            try await cluster.waitUntilReady(1, in: namespace)
                            let mark = try bao.auditMark()
                            try await widen(boundary, binding.key, cluster, run)
                            let calls = try await bao.audited(pathContaining: name(namespace), since: mark)
                            #expect(calls.filter { $0.operation == "delete" }.map(\.path) == [])
                            let policies = try await bao.read(paths(namespace)[0])?["token_policies"]?.array
                            #expect(policies?.contains("it-wide-20") == true)
                            try await cluster.deleteAndWait(in: namespace)
                        }
                    }
                }
            }
        }

        /// Allows one policy more and asks for it at once, again and again. The operator stands still meanwhile, so that it
        /// reads of both at the same time, in one order or the other.
        private func widen(
            _ boundary: IdentityBoundary, _ key: ObjectKey, _ cluster: Cluster, _ run: OperatorRun
        ) async throws {
            var boundary = boundary
            for round in 1...20 {
                boundary.spec.vault?.extraPolicies?.append("it-wide-\(round)")
                try run.send(.suspend)
                do {
                    try await Tenant.apply(boundary, cluster)
                    try await cluster.edit(key.name, in: key.namespace ?? "") {
                        $0.token?.extraPolicies = ["it-wide-\(round)"]
                    }
                    try run.send(.resume)
                } catch {
                    try run.send(.resume)
                    throw error
                }
                try await cluster.waitUntilReady(1, in: key.namespace ?? "")
            }
        }

        @Test("with a static role goes the claim of its user, so that others can have it, and it is told once")
        func users() async throws {
            try await bao.withDatabaseUser(named: "it-withdrawn") { try await checkWithdrawal(of: $0) }
        }

        private func checkWithdrawal(of user: String) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await cluster.withNamespace("users") { namespace in
                        try await cluster.withBoundary(about: [namespace]) {
                            $0.onViolation = .withdraw
                            $0.vault?.databases = [.init(connection: "temporal-postgres", staticUsernames: [user])]
                        } _: { boundary in
                            let binding = binding(in: namespace, staticUser: user)
                            try await cluster.apply(binding)
                            try await cluster.waitUntilReady(1, in: namespace)
                            var narrow = boundary
                            narrow.spec.vault?.databases = nil
                            try await Tenant.apply(narrow, cluster)
                            try await waitUntilGone(
                                paths(namespace) + ["database/static-roles/\(name(namespace))_main"])
                            // Another pass has nothing to take away.
                            try await cluster.edit("web", in: namespace) { $0.token?.ttl = "20m" }
                            try await cluster.wait(
                                for: .outsideBoundary, ConditionType.accepted, of: VaultRoleBinding.self, binding.key)
                            try await useElsewhere(user, cluster)
                            try await eventually("the withdrawal is told once") {
                                let told = try await cluster.events(in: namespace).filter { $0.reason == "Withdrawn" }
                                return told.count == 1 && told[0].series == nil ? nil : "\(told.map(\.note))"
                            }
                        }
                        try await cluster.deleteAndWait(in: namespace)
                    }
                }
            }
        }

        private func useElsewhere(_ user: String, _ cluster: Cluster) async throws {
            try await cluster.withNamespace("next") { next in
                try await cluster.withBoundary(about: [next]) {
                    $0.vault?.databases = [.init(connection: "temporal-postgres", staticUsernames: [user])]
                } _: { _ in
                    try await cluster.apply(binding(in: next, staticUser: user))
                    try await cluster.waitUntilReady(1, in: next)
                    try await cluster.deleteAndWait(in: next)
                }
            }
        }

        @Test("a refused namesake keeps nothing of what its predecessor had, though the boundary retains")
        func namesake() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("heir") { namespace in
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await cluster.apply(Samples.plainBinding("web", in: namespace))
                        try await cluster.waitUntilReady(1, in: namespace)
                    }
                    // Nobody cleans up, and somebody else comes under the name.
                    try await cluster.removeFinalizers(in: namespace)
                    try await cluster.deleteResources(in: namespace)
                    var heir = Samples.plainBinding("web", in: namespace)
                    heir.spec.kubernetesAuth = .init(mount: "elsewhere")
                    try await cluster.apply(heir)
                    for path in paths(namespace) { #expect(try await bao.read(path) != nil) }
                    // Long before any sweep.
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await cluster.wait(
                            for: .outsideBoundary, ConditionType.accepted, of: VaultRoleBinding.self, heir.key)
                        try await waitUntilGone(paths(namespace))
                        try await cluster.deleteAndWait(in: namespace)
                    }
                }
            }
        }

        @Test("the sweep leaves what was to stay behind", .timeLimit(.minutes(2)))
        func orphan() async throws {
            try await Cluster.run(in: environment) { cluster in
                _ = try await OperatorRun.run(in: environment) { run in
                    try await run.waitUntilWorking()
                    try await cluster.withNamespace("swept") { namespace in
                        try await clearing {
                            try await bao.delete("database/roles/\(name(namespace))_main")
                        } after: {
                            try await checkSweep(in: namespace, cluster, run)
                        }
                    }
                }
            }
        }

        private func checkSweep(in namespace: String, _ cluster: Cluster, _ run: OperatorRun) async throws {
            var binding = Samples.plainBinding("web", in: namespace, withDatabase: true)
            var other = try #require(binding.spec.databaseRoles?.first)
            other.name = "other"
            binding.spec.databaseRoles?[0].deletionPolicy = .orphan
            binding.spec.databaseRoles?.append(other)
            try await cluster.apply(binding)
            try await cluster.waitUntilReady(1, in: namespace)
            let path = "database/roles/\(name(namespace))"
            let kept = try await bao.read("\(path)_main")
            // Or it would put its finalizer back in between.
            try run.send(.suspend)
            try await cluster.removeFinalizers(in: namespace)
            try await cluster.deleteResources(in: namespace)
            try run.send(.resume)
            try await waitUntilGone(paths(namespace) + ["\(path)_other"], within: .seconds(60))
            try await eventually("the record is gone") {
                let left = try await cluster.records(of: namespace)
                return left.allSatisfy { $0.spec.claims.isEmpty } ? nil : "it is there"
            }
            #expect(kept != nil)
            #expect(try await bao.read("\(path)_main") == kept)
        }

        @Test("entries of the longest names go after a restart, before the status says so, and with their identity")
        func longNames() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await cluster.withNamespace("long") { namespace in
                        try await cluster.withBoundary(about: [namespace]) {
                            $0.onViolation = .withdraw
                        } _: { _ in
                            try await checkLongNames(in: namespace, cluster, spire)
                        }
                    }
                }
            }
        }

        private func checkLongNames(in namespace: String, _ cluster: Cluster, _ spire: Spire) async throws {
            let keys = ["a", "b"].map { ObjectKey(namespace: namespace, name: String(repeating: $0, count: 253)) }
            func entries(_ key: ObjectKey) async throws -> [String] {
                let path = "/ns/\(namespace)/sa/\(key.name.prefix(1))"
                let id = try SPIFFEID("spiffe://\(environment.trustDomain)\(path)")
                return try await spire.registry.entries(matching: EntryFilter(spiffeID: id)).map(\.id)
            }
            try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                for key in keys {
                    var identity = Samples.identity(key.name, in: namespace)
                    identity.spec.serviceAccountName = String(key.name.prefix(1))
                    try await cluster.apply(identity)
                }
                try await cluster.waitUntilReady(2, in: namespace)
            }
            for key in keys { #expect(try await entries(key).count == 1) }
            // While nobody looks, one falls outside and the other is deleted.
            let _: WorkloadIdentity = try await cluster.api.mergePatch(
                WorkloadIdentity.self, keys[0], ["spec": ["spiffeID": "/elsewhere"]])
            try await cluster.api.delete(WorkloadIdentity.self, keys[1], uid: nil)
            try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                try await cluster.wait(
                    for: .outsideBoundary, ConditionType.accepted, of: WorkloadIdentity.self, keys[0])
                #expect(try await entries(keys[0]) == [])
                try await cluster.waitUntilGone(WorkloadIdentity.self, keys[1])
                #expect(try await entries(keys[1]) == [])
                try await cluster.deleteAndWait(in: namespace)
            }
        }
    }
}
