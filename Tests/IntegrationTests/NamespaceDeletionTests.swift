import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// A namespace that is deleted while Vault is in the way. The API server takes no new events there any more, and the
    /// namespace's ServiceAccounts are gone first.
    @Suite("Namespace deletion")
    struct NamespaceDeletionTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func policy(_ name: String, in namespace: String) -> String {
            "sys/policies/acl/lanyard.production.\(namespace).\(name)"
        }

        private func prepare(_ names: [String], in namespace: String, _ cluster: Cluster) async throws {
            for name in names {
                try await cluster.apply(Samples.identity(name, in: namespace))
                try await cluster.apply(Samples.binding(name, in: namespace, withDatabase: true))
            }
            try await cluster.waitUntilReady(2 * names.count, in: namespace)
        }

        private func deleteNamespace(_ namespace: String, _ cluster: Cluster) async throws {
            try await cluster.api.delete(Namespace.self, ObjectKey(namespace: nil, name: namespace), uid: nil)
            try await eventually("the namespace has no ServiceAccounts any more") {
                let left = try await cluster.api.list(ServiceAccountMetadata.self, namespace: namespace).items
                return left.isEmpty ? nil : "\(left.count) are left"
            }
        }

        private func waitUntilGone(_ namespace: String, _ cluster: Cluster) async throws {
            try await eventually("the namespace is gone", within: .seconds(60)) {
                let key = ObjectKey(namespace: nil, name: namespace)
                guard try await cluster.api.get(Namespace.self, key) != nil else { return nil }
                return "\(try await cluster.conditions(in: namespace).map(\.name))"
            }
        }

        /// The object may have said the same reason before its deletion was seen, without the way out.
        ///
        /// - Parameter path: what of Vault the message has to name.
        private func waitForWayOut(
            _ type: String, _ reason: String, at path: String = "", on name: String, in namespace: String,
            _ cluster: Cluster
        ) async throws {
            try await eventually("\(name) says \(reason) and how to let go of it") {
                let key = ObjectKey(namespace: namespace, name: name)
                let condition = try await cluster.api.get(VaultRoleBinding.self, key)?
                    .status?.conditions?.condition(type)
                guard condition?.reason == reason else { return condition?.reason ?? "nothing" }
                let message = condition?.message ?? ""
                return message.contains("set spec.deletionPolicy to Orphan") && message.hasPrefix(path) ? nil : message
            }
        }

        @Test("with Vault sealed a namespace waits and says why; when Vault is unsealed it goes, and all that it had")
        func sealed() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("sealed-ns") { namespace in
                        try await prepare(["one", "two"], in: namespace, cluster)
                        try await bao.seal()
                        do {
                            try await deleteNamespace(namespace, cluster)
                            for name in ["one", "two"] {
                                try await waitForWayOut(
                                    ConditionType.authRolesSynced, "VaultSealed", on: name, in: namespace, cluster)
                            }
                        } catch {
                            try await bao.unseal()
                            throw error
                        }
                        try await bao.unseal()
                        try await waitUntilGone(namespace, cluster)
                        try await expectNothing(of: namespace, cluster)
                    }
                }
            }
        }

        @Test("where Vault refuses, condition and event name the path and how to let go, and letting go is enough")
        func refused() async throws {
            let operatorPolicy = "sys/policies/acl/lanyard-operator"
            let text = try #require(try await bao.read(operatorPolicy)?["policy"]?.string)
            try await Cluster.run(in: environment) { cluster in
                try await OperatorProcess.run(in: environment) { _, _ in
                    try await cluster.withNamespace("refused-ns") { namespace in
                        try await prepare(["kept", "plain"], in: namespace, cluster)
                        // What goes last: by then neither login nor policy is there.
                        let kept = "database/roles/lanyard.production.\(namespace).kept_main"
                        let denial = "\npath \"\(kept)\" { capabilities = [\"read\"] }\n"
                        try await bao.write(operatorPolicy, ["policy": .string(text + denial)])
                        do {
                            try await letGo(of: namespace, refusedAt: kept, cluster)
                        } catch {
                            try await bao.write(operatorPolicy, ["policy": .string(text)])
                            throw error
                        }
                        try await bao.write(operatorPolicy, ["policy": .string(text)])
                        #expect(try await bao.read(kept) != nil)
                        try await bao.delete(kept)
                        try await expectNothing(of: namespace, cluster)
                    }
                }
            }
        }

        /// The object is deleted before its namespace, so that there can be an event.
        private func letGo(of namespace: String, refusedAt path: String, _ cluster: Cluster) async throws {
            let key = ObjectKey(namespace: namespace, name: "kept")
            try await cluster.api.delete(VaultRoleBinding.self, key, uid: nil)
            try await waitForWayOut(
                ConditionType.databaseRolesSynced, "PermissionDenied", at: "\(path): ", on: "kept", in: namespace,
                cluster)
            try await eventually("an event names the path and says how to let go") {
                let events = try await cluster.events(in: namespace)
                let told = events.contains { event in
                    let note = event.note ?? ""
                    return event.reason == "PermissionDenied" && note.hasPrefix("\(path): ")
                        && note.contains("spec.deletionPolicy to Orphan")
                }
                return told ? nil : "\(events.compactMap(\.reason))"
            }
            try await deleteNamespace(namespace, cluster)
            try await eventually("only the refused one is left") {
                let left = try await cluster.conditions(in: namespace).map(\.name)
                return left == ["vrb/kept"] ? nil : "\(left)"
            }
            #expect(try await bao.read("auth/kubernetes/role/lanyard.production.\(namespace).kept") == nil)
            #expect(try await bao.read(policy("kept", in: namespace)) == nil)
            try await cluster.edit("kept", in: namespace) { $0.deletionPolicy = .orphan }
            try await waitUntilGone(namespace, cluster)
        }

        private func expectNothing(of namespace: String, _ cluster: Cluster) async throws {
            let prefix = "lanyard.production.\(namespace)."
            for collection in ["sys/policies/acl", "auth/kubernetes/role", "database/roles"] {
                #expect(try await bao.list(collection).filter { $0.hasPrefix(prefix) } == [], "\(collection)")
            }
            let records = try await cluster.api.list(OwnershipRecord.self, namespace: "lanyard-system").items
            #expect(records.filter { $0.spec.owner.namespace == namespace }.isEmpty)
        }
    }
}
