import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Testing

extension RealServers {
    /// Identities that SPIRE does not serve as declared, and the bindings that name them.
    @Suite("Identities that are not as declared")
    struct IdentityStandingTests {
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        private func accounts(of name: String, in namespace: String) async throws -> JSONValue? {
            try await bao.read("auth/kubernetes/role/lanyard.production.\(namespace).\(name)")?[
                "bound_service_account_names"]
        }

        @Test("one that is changed into a conflict shows what SPIRE serves; its binding stays with that, then follows")
        func conflict() async throws {
            try await Cluster.runWithOperator(in: environment, for: "standing") { namespace, cluster in
                let key = ObjectKey(namespace: namespace, name: "ord")
                try await cluster.apply(Samples.identity("ledger", in: namespace))
                try await waitForAnotherSecond()
                try await cluster.apply(Samples.identity("ord", in: namespace))
                try await cluster.apply(Samples.binding("ord", in: namespace))
                try await cluster.waitUntilReady(3, in: namespace)
                let _: WorkloadIdentity = try await cluster.api.mergePatch(
                    WorkloadIdentity.self, key, ["spec": ["serviceAccountName": "ledger"]])
                try await cluster.wait(for: .conflict, ConditionType.entriesSynced, of: WorkloadIdentity.self, key)
                let status = try await cluster.api.get(WorkloadIdentity.self, key)?.status
                let served = "spiffe://\(environment.trustDomain)/ns/\(namespace)/sa/ord"
                #expect(status?.spiffeID == served && status?.entryCount == 1)
                let entry = try await Spire.run(in: environment) { try await $0.entry(of: key) }
                #expect(entry?.spiffeID.description == served)
                try await cluster.wait(
                    for: .identityNotReady, ConditionType.identityResolved, of: VaultRoleBinding.self, key,
                    saying: "stays with ServiceAccount ord")
                #expect(try await accounts(of: "ord", in: namespace) == ["ord"])

                let ledger = ObjectKey(namespace: namespace, name: "ledger")
                try await cluster.api.delete(WorkloadIdentity.self, ledger, uid: nil)
                try await eventually("the binding follows") {
                    let found = try await accounts(of: "ord", in: namespace)
                    return found == ["ledger"] ? nil : "\(found ?? .null)"
                }
                try await cluster.waitUntilReady(2, in: namespace)
                // Whoever cuts a workload off in this way has to know that it is none.
                try await cluster.api.delete(WorkloadIdentity.self, key, uid: nil)
                try await cluster.wait(
                    for: .identityNotFound, ConditionType.identityResolved, of: VaultRoleBinding.self, key,
                    saying: "stays until the binding is deleted")
                #expect(try await accounts(of: "ord", in: namespace) == ["ledger"])
            }
        }

        @Test("a binding with a JWT login is not Ready while its identity cannot be obtained, one without is")
        func jwt() async throws {
            try await Cluster.runWithOperator(in: environment, for: "obtained") { namespace, cluster in
                for name in ["older", "younger"] {
                    var identity = Samples.identity(name, in: namespace)
                    identity.spec.serviceAccountName = "web"
                    try await cluster.apply(identity)
                    try await waitForAnotherSecond()
                }
                var login = Samples.binding("login", in: namespace)
                login.spec.workloadIdentityRef = .init(name: "younger")
                login.spec.jwtAuth = .init(audiences: ["vault.test"])
                var plain = Samples.binding("plain", in: namespace)
                plain.spec.workloadIdentityRef = .init(name: "younger")
                for binding in [login, plain] { try await cluster.apply(binding) }
                try await cluster.wait(
                    for: .identityNotReady, ConditionType.identityResolved, of: VaultRoleBinding.self, login.key,
                    saying: "\(namespace)/older is older")
                let ready = try await cluster.api.get(VaultRoleBinding.self, login.key)?.isReady
                #expect(ready == false)
                try await cluster.wait(for: .ready, ConditionType.ready, of: VaultRoleBinding.self, plain.key)
                let older = ObjectKey(namespace: namespace, name: "older")
                try await cluster.api.delete(WorkloadIdentity.self, older, uid: nil)
                try await cluster.waitUntilReady(3, in: namespace)
            }
        }

        @Test("a ServiceAccount that does not exist is named, and one that does is not")
        func missingAccounts() async throws {
            try await Cluster.runWithOperator(in: environment, for: "accounts") { namespace, cluster in
                try await Workloads(cluster: cluster).createServiceAccount("there", in: namespace)
                var identity = Samples.identity("web", in: namespace)
                identity.spec.serviceAccountName = "typo-sa"
                let bindings = ["there", "ghost"].map { Samples.plainBinding($0, in: namespace) }
                try await cluster.apply(identity)
                for binding in bindings { try await cluster.apply(binding) }
                try await cluster.wait(
                    for: .accepted, ConditionType.accepted, of: WorkloadIdentity.self, identity.key,
                    saying: "there is no ServiceAccount typo-sa yet")
                try await cluster.wait(
                    for: .resolved, ConditionType.identityResolved, of: VaultRoleBinding.self, bindings[1].key,
                    saying: "there is no ServiceAccount ghost yet")
                try await cluster.waitUntilReady(3, in: namespace)
                let message = try await cluster.wait(
                    for: .resolved, ConditionType.identityResolved, of: VaultRoleBinding.self, bindings[0].key)
                #expect(!message.contains("there is no ServiceAccount"), "\(message)")
            }
        }

        @Test("the operator's own SPIFFE ID is nobody's, though a boundary allows it")
        func ownID() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await SPIREProcess.run(in: environment) { spire in
                    let settings = ["spire.address=\(spire.address)", "spire.workloadAPI=\(spire.workloadAPI)"]
                    _ = try await OperatorRun.run(in: environment, settings: settings) { run in
                        try await run.waitUntilWorking()
                        try await cluster.withNamespace("own-id") { namespace in
                            try await cluster.withBoundary(about: [namespace]) {
                                $0.identity = .init()
                                $0.identity?.spiffeIDs = ["/ns/lanyard-system/*"]
                            } _: { _ in
                                try await expectOwnIDRefused(in: namespace, cluster)
                                try await cluster.deleteAndWait(in: namespace)
                            }
                        }
                    }
                    let path = "spiffe://\(environment.trustDomain)\(SPIREProcess.operatorPath)"
                    let filter = EntryFilter(spiffeID: try SPIFFEID(path))
                    let entries = try await spire.administered { try await $0.entries(matching: filter).map(\.id) }
                    #expect(entries == [SPIREProcess.operatorEntry])
                }
            }
        }

        private func expectOwnIDRefused(in namespace: String, _ cluster: Cluster) async throws {
            var thief = Samples.identity("thief", in: namespace)
            thief.spec.spiffeID = SPIREProcess.operatorPath
            var other = Samples.identity("other", in: namespace)
            other.spec.spiffeID = "/ns/lanyard-system/sa/other"
            for identity in [thief, other] { try await cluster.apply(identity) }
            try await cluster.wait(
                for: .invalidSpec, ConditionType.accepted, of: WorkloadIdentity.self, thief.key,
                saying: "SPIFFE ID of the operator")
            try await cluster.wait(for: .accepted, ConditionType.accepted, of: WorkloadIdentity.self, other.key)
        }
    }
}
