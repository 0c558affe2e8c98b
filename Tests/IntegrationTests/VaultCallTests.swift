import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What the operator asks of OpenBao, counted in OpenBao's audit log.
    @Suite("Vault, calls")
    struct VaultCallTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a whole binding takes one write per object, a resync one read per object, a changed field one write")
        func oneBinding() async throws {
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                // Long enough for nothing to be verified in between; a restart verifies at once.
                try await cluster.withNamespace("calls") { namespace in
                    let name = "lanyard.production.\(namespace).web"
                    let connection = "database/config/temporal-postgres"
                    let verified = [
                        "sys/policies/acl/\(name)", "database/roles/\(name)_reader",
                        "database/static-roles/\(name)_fixed", "auth/kubernetes/role/\(name)", "auth/jwt/role/\(name)",
                        connection,
                    ]
                    let user = try await bao.makeDatabaseUser(named: "it-calls")
                    try await cluster.allow(staticUser: user, in: namespace)
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await cluster.apply(Samples.identity("web", in: namespace))
                        try await cluster.waitUntilReady(1, in: namespace)
                        let first = try bao.auditMark()
                        try await cluster.apply(Self.binding(in: namespace, user: user))
                        try await cluster.waitUntilReady(2, in: namespace)
                        let calls = try await bao.audited(pathContaining: name, since: first)
                        // Five objects, and whether a database role of the other kind has the name of one.
                        #expect(calls.count { $0.operation == "read" } == 7)
                        let writes = calls.filter(\.isWrite).map(\.path)
                        #expect(
                            writes.prefix(3) == [
                                "database/roles/\(name)_reader", "database/static-roles/\(name)_fixed",
                                "sys/policies/acl/\(name)",
                            ])
                        // Those are written at the same time.
                        #expect(
                            writes.dropFirst(3).sorted() == ["auth/jwt/role/\(name)", "auth/kubernetes/role/\(name)"])
                        // The connection of both roles once, and nothing but that.
                        let all = try await bao.operatorCalls(since: first)
                        #expect(all.map(\.path).sorted() == (calls.map(\.path) + [connection]).sorted())

                        let second = try bao.auditMark()
                        try await cluster.edit("web", in: namespace) { $0.databaseRoles?[0].defaultTTL = "30m" }
                        try await cluster.waitUntilReady(2, in: namespace)
                        let edit = try await bao.operatorCalls(since: second)
                        #expect(edit.filter(\.isWrite).map(\.path) == ["database/roles/\(name)_reader"])
                        #expect(edit.filter { !$0.isWrite }.map(\.path).sorted() == verified.sorted())
                    }
                    let settled = try bao.auditMark()
                    // Another process knows nothing of what this one saw, and verifies everything as a resync does.
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await eventually("everything is verified") {
                            let calls = try await bao.audited(pathContaining: name, since: settled)
                            return calls.count >= 5 ? nil : "\(calls.count) calls"
                        }
                        let calls = try await bao.operatorCalls(since: settled)
                        #expect(calls.allSatisfy { !$0.isWrite })
                        #expect(calls.map(\.path).sorted() == verified.sorted())
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone") {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    #expect(try await bao.read("database/static-roles/\(name)_fixed") == nil)
                }
            }
        }

        @Test("1 000 bindings need one login", .timeLimit(.minutes(5)))
        func oneLogin() async throws {
            let bao = Bao(environment: environment)
            let count = 1_000
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("login") { namespace in
                    let mark = try bao.auditMark()
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await cluster.applyTogether(
                            (0..<count).map { Samples.plainBinding("app-\($0)", in: namespace) })
                        try await cluster.waitUntilReady(count, in: namespace, within: .seconds(120))
                        let writes = try await bao.operatorWrites(since: mark)
                        #expect(writes.count == 2 * count)
                        #expect(Set(writes.map(\.path)).count == 2 * count)
                        // One look each ten seconds, if anybody looks; a few more where several began at once.
                        let looks = try await bao.sharedLooks(since: mark)
                        #expect(looks.count < count / 10, "\(looks.count)")
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone", within: .seconds(120), every: .seconds(1)) {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    #expect(try await bao.audited(pathContaining: "auth/kubernetes/login", since: mark).count == 1)
                    #expect(try await bao.policies(withPrefix: "lanyard.production.\(namespace).").isEmpty)
                }
            }
        }

        /// A policy, two auth roles and two database roles for the identity `web`.
        private static func binding(in namespace: String, user: String) -> VaultRoleBinding {
            var binding = Samples.binding("web", in: namespace, withDatabase: true)
            binding.spec.jwtAuth = .init(audiences: ["vault.test"])
            binding.spec.databaseRoles?[0].name = "reader"
            var fixed = DatabaseRole(name: "fixed")
            fixed.connection = "temporal-postgres"
            fixed.static = .init(username: user, rotationPeriod: "24h")
            binding.spec.databaseRoles?.append(fixed)
            return binding
        }
    }
}
