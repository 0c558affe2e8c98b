import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What the operator does by the ledger alone, against OpenBao.
    @Suite("Vault, ledger")
    struct VaultLedgerTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func record(_ name: String, in namespace: String) -> ObjectKey {
            ObjectKey(namespace: "lanyard-system", name: "\(namespace).\(name)")
        }

        @Test("a database role with deletionPolicy Orphan that is taken out of the spec stays in OpenBao, unowned")
        func orphan() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("orphan") { namespace in
                        var binding = Samples.binding("web", in: namespace, withDatabase: true)
                        binding.spec.workloadIdentityRef = nil
                        binding.spec.serviceAccountNames = ["web"]
                        var other = try #require(binding.spec.databaseRoles?.first)
                        other.name = "other"
                        binding.spec.databaseRoles?[0].deletionPolicy = .orphan
                        binding.spec.databaseRoles?.append(other)
                        try await cluster.apply(binding)
                        try await cluster.waitUntilReady(1, in: namespace)
                        let path = "database/roles/lanyard.production.\(namespace).web"
                        let kept = try await bao.read("\(path)_main")
                        #expect(kept != nil)
                        try await cluster.edit("web", in: namespace) { $0.databaseRoles = nil }
                        try await eventually("the other role is gone") {
                            try await bao.read("\(path)_other") == nil ? nil : "it is there"
                        }
                        try await cluster.waitUntilReady(1, in: namespace)
                        #expect(try await bao.read("\(path)_main") == kept)
                        try await eventually("the ledger has given it up") {
                            let key = record("web", in: namespace)
                            let claims = try await cluster.api.get(OwnershipRecord.self, key)?.spec.claims ?? []
                            return claims.contains { $0.path.hasPrefix("database/") } ? "it has not" : nil
                        }
                        // Neither does the end of the binding concern it.
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("the binding is gone") {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "not yet"
                        }
                        #expect(try await bao.read("\(path)_main") == kept)
                        try await bao.delete("\(path)_main")
                    }
                }
            }
        }

        @Test("a record that somebody else has taken is named in condition and event, and its end is enough")
        func takenRecord() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment, resyncInterval: "10m") { _, _ in
                    try await cluster.withNamespace("taken") { namespace in
                        let key = record("web", in: namespace)
                        _ = try await cluster.api.create(
                            OwnershipRecord(
                                metadata: ObjectMeta(name: key.name, namespace: key.namespace),
                                spec: .init(
                                    owner: .init(kind: "VaultRoleBinding", namespace: "it-else", name: "x", uid: "1"),
                                    claims: [])))
                        let mark = try bao.auditMark()
                        try await cluster.apply(Samples.plainBinding("web", in: namespace))
                        let name = ObjectKey(namespace: namespace, name: "web")
                        try await eventually("the condition names the record") {
                            let binding = try await cluster.api.get(VaultRoleBinding.self, name)
                            let condition = binding?.status?.conditions?.condition(ConditionType.policySynced)
                            guard condition?.reason == "Conflict" else { return condition?.reason ?? "nothing" }
                            return condition?.message.contains(key.name) == true ? nil : condition?.message
                        }
                        try await eventually("so does an event") {
                            let events = try await cluster.events(in: namespace).filter { $0.reason == "Conflict" }
                            return events.contains { ($0.note ?? "").contains(key.name) } ? nil : "\(events.count)"
                        }
                        #expect(try await bao.operatorWrites(since: mark).isEmpty)
                        try await cluster.api.delete(OwnershipRecord.self, key, uid: nil)
                        // At once, not when a backoff of minutes ends.
                        try await cluster.waitUntilReady(1, in: namespace, within: .seconds(5))
                        try await cluster.deleteResources(in: namespace)
                        try await eventually("the binding is gone") {
                            try await cluster.conditions(in: namespace).isEmpty ? nil : "not yet"
                        }
                    }
                }
            }
        }
    }
}
