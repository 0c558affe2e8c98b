import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    @Suite("Bad input")
    struct BadInputTests {
        /// A spec that must be refused, and the field that the refusal names.
        struct Case: Sendable {
            let name: String
            let field: String
            var identity: WorkloadIdentitySpec?
            var binding: VaultRoleBindingSpec?
        }

        static let cases: [Case] = {
            var all: [Case] = []
            func identity(_ name: String, _ field: String, _ change: (inout WorkloadIdentitySpec) -> Void) {
                var spec = WorkloadIdentitySpec()
                change(&spec)
                all.append(Case(name: name, field: field, identity: spec))
            }
            func binding(_ name: String, _ field: String, _ change: (inout VaultRoleBindingSpec) -> Void) {
                var spec = VaultRoleBindingSpec()
                spec.serviceAccountNames = ["app"]
                change(&spec)
                all.append(Case(name: name, field: field, binding: spec))
            }
            identity("placeholder", "spec.spiffeID") { $0.spiffeID = "/ns/{nobody}" }
            identity("trust-domain", "spec.spiffeID") { $0.spiffeID = "spiffe://elsewhere.example/x" }
            identity("duration", "spec.x509SVID.ttl") { $0.x509SVID = .init(ttl: "soon") }
            identity("selectors", "spec.selectors") { $0.selectors = ["k8s:ns:kube-system"] }
            identity("federation", "spec.federatesWith") { $0.federatesWith = ["spiffe://other.example"] }
            identity("placement", "spec.spiffeID") { $0.spiffeID = "/ns/{namespace}/{pod}" }
            identity("admin", "spec.admin") { $0.admin = true }
            binding("both", "spec.workloadIdentityRef") { $0.workloadIdentityRef = .init(name: "app") }
            binding("neither", "spec.workloadIdentityRef") { $0.serviceAccountNames = nil }
            binding("capability", "spec.access.rules[0].capabilities") {
                $0.access = Access(rules: [AccessRule(path: "secret/data/x", capabilities: ["reed"])])
            }
            binding("wildcard", "spec.serviceAccountNames") { $0.serviceAccountNames = ["app-*"] }
            for (name, path) in [
                ("dots", "secret/data/../x"), ("interpolation", "secret/data/${x"), ("template", "secret/data/{{x}}"),
                ("quote", "secret/data/x\" {}\npath \"*"), ("backslash", "secret/data/\\u002a"),
                ("newline", "secret/data/x\n"), ("nul", "secret/data/x\u{0}"),
            ] {
                binding(name, "spec.access.rules[0].path") {
                    $0.access = Access(rules: [AccessRule(path: path, capabilities: ["read"])])
                }
            }
            binding("ten-thousand-rules", "spec.access.rules") {
                $0.access = Access(
                    rules: (0..<10_000).map { AccessRule(path: "secret/data/x/\($0)", capabilities: ["read"]) })
            }
            for (name, statement, field) in [
                ("megabyte", String(repeating: "SELECT 1; ", count: 100_000), "statements.creation[0]"),
                ("nul-statement", "SELECT '\u{0}'", "statements.creation[0]"),
            ] {
                binding(name, "spec.databaseRoles[0].\(field)") {
                    var role = DatabaseRole(name: "main")
                    role.connection = "temporal-postgres"
                    role.statements = .init(creation: [statement])
                    $0.databaseRoles = [role]
                }
            }
            // Vault would fold these into the names of others.
            binding("folded-role", "spec.roleName") { $0.roleName = "It-App" }
            binding("folded-policy", "spec.policyName") { $0.policyName = "ROOT" }
            binding("kelvin", "spec.roleName") { $0.roleName = "it-\u{212A}" }
            binding("token-duration", "spec.token.ttl") {
                var token = TokenSettings()
                token.ttl = "1 hour"
                $0.token = token
            }
            binding("jwt", "spec.jwtAuth") { $0.jwtAuth = .init(audiences: ["vault"]) }
            return all
        }()

        @Test("what is wrong is refused with the field's name, nothing is written for it, and others go on")
        func refused() async throws {
            let environment = try TestEnvironment()
            let bao = Bao(environment: environment)
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(in: environment) { _, _ in
                        try await cluster.withNamespace("bad") { namespace in
                            var stored: [Case] = []
                            for item in Self.cases where try await isStored(item, in: namespace, cluster) {
                                stored.append(item)
                            }
                            for item in stored { try await expectRefusal(of: item, in: namespace, cluster) }
                            #expect(try await bao.policies(withPrefix: "lanyard.production.\(namespace).").isEmpty)
                            for item in Self.cases where item.identity != nil {
                                let key = ObjectKey(namespace: namespace, name: item.name)
                                #expect(try await spire.entry(of: key) == nil)
                            }
                            // The same process still serves what is right.
                            try await cluster.apply(Samples.identity("good", in: namespace))
                            try await cluster.apply(Samples.binding("good", in: namespace))
                            try await cluster.waitUntilReady(2, in: namespace)
                            try await cluster.deleteResources(in: namespace)
                            try await eventually("all is let go") {
                                try await cluster.conditions(in: namespace).isEmpty ? nil : "not yet"
                            }
                        }
                    }
                }
            }
        }

        /// Applies a case. Servers that enforce the CRD's rules may refuse it themselves, which is as good; every case
        /// that they let through must be answered by the operator.
        private func isStored(_ item: Case, in namespace: String, _ cluster: Cluster) async throws -> Bool {
            let metadata = ObjectMeta(name: item.name, namespace: namespace)
            do {
                if let spec = item.identity {
                    try await cluster.apply(WorkloadIdentity(metadata: metadata, spec: spec))
                }
                if let spec = item.binding { try await cluster.apply(VaultRoleBinding(metadata: metadata, spec: spec)) }
                return true
            } catch let error as KubernetesError where error.code == .invalid || error.code == .malformedAnswer {
                // A refusal that quotes a megabyte is more than the client reads.
                let key = ObjectKey(namespace: namespace, name: item.name)
                #expect(try await cluster.api.get(WorkloadIdentity.self, key) == nil)
                #expect(try await cluster.api.get(VaultRoleBinding.self, key) == nil)
                return false
            }
        }

        private func expectRefusal(of item: Case, in namespace: String, _ cluster: Cluster) async throws {
            let kind = item.identity == nil ? "vrb" : "wid"
            try await eventually("\(item.name) is refused and the refusal names \(item.field)") {
                let object = try await cluster.conditions(in: namespace).first { $0.name == "\(kind)/\(item.name)" }
                guard let object else { return "it is not there" }
                guard let accepted = object.conditions.condition(ConditionType.accepted) else { return "no condition" }
                return accepted.status == .no && accepted.message.contains(item.field) ? nil : accepted.message
            }
        }
    }
}
