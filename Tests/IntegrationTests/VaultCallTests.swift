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
                    let user = try await bao.makeDatabaseUser(named: "it-calls")
                    try await cluster.allow(staticUser: user, in: namespace)
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await cluster.apply(Samples.identity("web", in: namespace))
                        try await cluster.waitUntilReady(1, in: namespace)
                        let before = try bao.audited(pathContaining: "/config/temporal-postgres").count
                        try await cluster.apply(Self.binding(in: namespace, user: user))
                        try await cluster.waitUntilReady(2, in: namespace)
                        let calls = try bao.audited(pathContaining: name)
                        // Five objects, and whether a database role of the other kind has the name of one.
                        #expect(calls.count { $0.operation == "read" } == 7)
                        #expect(
                            calls.filter { $0.operation != "read" }.map(\.path) == [
                                "sys/policies/acl/\(name)", "database/roles/\(name)_reader",
                                "database/static-roles/\(name)_fixed", "auth/kubernetes/role/\(name)",
                                "auth/jwt/role/\(name)",
                            ])
                        #expect(try bao.audited(pathContaining: "/config/temporal-postgres").count == before + 1)

                        try await cluster.edit("web", in: namespace) { $0.databaseRoles?[0].defaultTTL = "30m" }
                        try await cluster.waitUntilReady(2, in: namespace)
                        let second = try bao.audited(pathContaining: name).dropFirst(calls.count)
                        #expect(second.count { $0.operation == "read" } == 5)
                        #expect(
                            second.filter { $0.operation != "read" }.map(\.path) == ["database/roles/\(name)_reader"])
                    }
                    let settled = try bao.audited(pathContaining: name).count
                    // Another process knows nothing of what this one saw.
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        try await eventually("everything is verified") {
                            let calls = try bao.audited(pathContaining: name).dropFirst(settled)
                            return calls.count >= 5 ? nil : "\(calls.count) calls"
                        }
                        let calls = try bao.audited(pathContaining: name).dropFirst(settled)
                        #expect(calls.allSatisfy { $0.operation == "read" } && calls.count == 5)
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone") {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    #expect(try await bao.read("database/static-roles/\(name)_fixed") == nil)
                }
            }
        }

        @Test("many bindings need one login")
        func oneLogin() async throws {
            let bao = Bao(environment: environment)
            let count = 200
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("login") { namespace in
                    let before = try bao.audited(pathContaining: "auth/kubernetes/login").count
                    try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                        for index in 0..<count { try await cluster.apply(Self.plain("app-\(index)", in: namespace)) }
                        try await cluster.waitUntilReady(count, in: namespace, within: .seconds(60))
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone", within: .seconds(60)) {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    #expect(try bao.audited(pathContaining: "auth/kubernetes/login").count == before + 1)
                }
            }
        }

        @Test("sealed, stepped down, rate-limited and restarted while 200 bindings change: it converges and rests")
        func turmoil() async throws {
            let bao = Bao(environment: environment)
            let count = 200
            let foreign = "sys/policies/acl/it-foreign"
            try await bao.write(foreign, ["policy": "path \"secret/data/foreign\" { capabilities = [\"read\"] }"])
            let left = try await bao.read(foreign)
            try await Cluster.run(in: environment) { cluster in
                try await cluster.withNamespace("turmoil") { namespace in
                    try await OperatorProcess.run(in: environment, resyncInterval: "5s") { _, _ in
                        for index in 0..<count { try await cluster.apply(Self.plain("app-\(index)", in: namespace)) }
                        try await bao.seal()
                        try await change(0..<50, in: namespace, cluster)
                        try await bao.unseal()
                        try await change(50..<100, in: namespace, cluster)
                        try await bao.limitRate(to: 20)
                        try await change(100..<150, in: namespace, cluster)
                        try await bao.limitRate(to: nil)
                        try await bao.stepDown()
                        try await change(150..<200, in: namespace, cluster)
                        try await bao.restart()
                        try await cluster.waitUntilReady(count, in: namespace, within: .seconds(90))
                        try await checkRest(in: namespace, bao)
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("everything is gone", within: .seconds(90)) {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "resources are left"
                        }
                    }
                    #expect(try await bao.policies(withPrefix: "lanyard.production.\(namespace).").isEmpty)
                }
            }
            #expect(try await bao.read(foreign) == left)
            try await bao.delete(foreign)
        }

        private func change(_ indices: Range<Int>, in namespace: String, _ cluster: Cluster) async throws {
            for index in indices {
                try await cluster.edit("app-\(index)", in: namespace) { $0.token?.ttl = "20m" }
            }
        }

        /// The audit log has reads of every object, and nothing else.
        private func checkRest(in namespace: String, _ bao: Bao) async throws {
            let settled = try bao.audited(pathContaining: namespace).count
            try await eventually("everything is verified once more", within: .seconds(60)) {
                let calls = try bao.audited(pathContaining: "auth/kubernetes/role/lanyard.production.\(namespace)")
                let all = try bao.audited(pathContaining: namespace).dropFirst(settled)
                let verified = Set(all.map(\.path)).intersection(calls.map(\.path))
                return verified.count >= 200 ? nil : "\(verified.count) roles"
            }
            let calls = try bao.audited(pathContaining: namespace).dropFirst(settled)
            #expect(calls.allSatisfy { $0.operation == "read" })
        }

        /// A policy and an auth role for a ServiceAccount.
        private static func plain(_ name: String, in namespace: String) -> VaultRoleBinding {
            var spec = VaultRoleBindingSpec()
            spec.serviceAccountNames = [name]
            spec.token = TokenSettings()
            spec.token?.ttl = "10m"
            spec.access = Access(kv: [KVAccess(path: "\(namespace)/\(name)/*", permissions: ["Read"])])
            return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: namespace), spec: spec)
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
