import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCommands

extension RealServers {
    @Suite("Attacks of a tenant")
    struct AttackTests {
        private static let namespace = "attack-a"
        let environment: TestEnvironment
        let bao: Bao

        init() throws {
            environment = try TestEnvironment()
            bao = Bao(environment: environment)
        }

        /// Runs with an operator and a tenant under the boundary of the attacks.
        private func withTenant(_ body: (Tenant, Spire) async throws -> Void) async throws {
            let file = "\(TestEnvironment.repository)/Tests/Attacks/boundary.yaml"
            let document = try #require(try ManifestFiles().documents(at: [file]).first)
            let boundary = try document.value.decoded(as: IdentityBoundary.self)
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(in: environment) { _, _ in
                        try await Tenant.run(
                            in: environment, namespace: Self.namespace, boundary: boundary, cluster
                        ) { tenant in
                            try await body(tenant, spire)
                        }
                    }
                }
            }
        }

        /// What there is in OpenBao that a binding could make or change.
        private func vaultObjects() async throws -> [String: JSONValue] {
            var objects: [String: JSONValue] = [:]
            for collection in ["sys/policies/acl", "auth/kubernetes/role", "database/roles", "database/static-roles"] {
                for name in try await bao.list(collection) {
                    objects["\(collection)/\(name)"] = try await bao.read("\(collection)/\(name)") ?? .null
                }
            }
            return objects
        }

        @Test(
            "every attack is refused with a condition, and nothing appears in OpenBao or SPIRE",
            .timeLimit(.minutes(10)))
        func nothingOutside() async throws {
            let documents = try ManifestFiles().documents(at: ["\(TestEnvironment.repository)/Tests/Attacks"])
            try await withTenant { tenant, spire in
                let before = try await vaultObjects()
                var stored: [String] = []
                var rejected = 0
                for document in documents {
                    let name = document.value["metadata"]?["name"]?.string ?? ""
                    do {
                        switch document.value["kind"]?.string {
                        case "WorkloadIdentity":
                            var object = try document.value.decoded(as: WorkloadIdentity.self)
                            object.metadata.namespace = Self.namespace
                            _ = try await tenant.api.create(object)
                            stored.append("wid/\(name)")
                        case "VaultRoleBinding":
                            var object = try document.value.decoded(as: VaultRoleBinding.self)
                            object.metadata.namespace = Self.namespace
                            _ = try await tenant.api.create(object)
                            stored.append("vrb/\(name)")
                        default: break
                        }
                    } catch let error as KubernetesError where error.code == .invalid {
                        // Servers that enforce the schema's rules say it first.
                        rejected += 1
                    }
                }
                #expect(stored.count + rejected >= 300)
                try await eventually("every attack has its condition", within: .seconds(60)) {
                    let all = try await tenant.cluster.conditions(in: Self.namespace)
                    for object in all where stored.contains(object.name) {
                        guard let accepted = object.conditions.condition(ConditionType.accepted) else {
                            return "\(object.name) has no condition"
                        }
                        guard accepted.status == .no, accepted.message.contains(": "),
                            ["InvalidSpec", "OutsideBoundary"].contains(accepted.reason)
                        else { return "\(object.name): \(accepted.reason): \(accepted.message)" }
                    }
                    return all.count == stored.count ? nil : "\(all.count) of \(stored.count)"
                }
                #expect(try await vaultObjects() == before)
                for name in stored where name.hasPrefix("wid/") {
                    let key = ObjectKey(namespace: Self.namespace, name: String(name.dropFirst(4)))
                    #expect(try await spire.entry(of: key) == nil, "\(name)")
                }
                print("\(stored.count) attacks were refused by the operator, \(rejected) by the API server")
                try await eventually("the boundary counts them") {
                    let key = ObjectKey(namespace: nil, name: "attacks")
                    let status = try await tenant.cluster.api.get(IdentityBoundary.self, key)?.status
                    return status?.resources == stored.count && (status?.violating ?? 0) > 100
                        ? nil : "\(status?.resources ?? 0) resources, \(status?.violating ?? 0) violating"
                }
            }
        }

        private func binding(_ name: String, _ path: String) -> VaultRoleBinding {
            var spec = VaultRoleBindingSpec()
            spec.serviceAccountNames = ["it-attack"]
            spec.roleName = "it-attack"
            spec.access = Access(rules: [AccessRule(path: path, capabilities: ["read"])])
            return VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: Self.namespace), spec: spec)
        }

        private func eventuallyReason(
            _ name: String, _ type: String, is reason: String, _ cluster: Cluster
        ) async throws {
            try await eventually("\(name) says \(reason)") {
                let all = try await cluster.conditions(in: Self.namespace)
                let condition = all.first { $0.name == "vrb/\(name)" }?.conditions.condition(type)
                return condition?.reason == reason ? nil : "\(condition?.reason ?? "nothing")"
            }
        }

        /// Waits until one of them is ready and all others are in conflict with it.
        private func eventuallyDecided(_ names: [String], _ cluster: Cluster) async throws -> [String: String] {
            var reasons: [String: String] = [:]
            try await eventually("one of \(names) is ready, the others are in conflict") {
                for object in try await cluster.conditions(in: Self.namespace) where names.contains(object.name) {
                    reasons[object.name] = object.conditions.condition(ConditionType.ready)?.reason
                }
                let expected = ["Ready"] + Array(repeating: "Conflict", count: names.count - 1)
                return reasons.values.sorted() == expected.sorted() ? nil : "\(reasons)"
            }
            return reasons
        }

        @Test("a policy that somebody else made stays, adoption or not, and of two bindings for a name one has it")
        func foreignObjects() async throws {
            try await withTenant { tenant, _ in
                let policy: JSONValue = ["policy": "path \"secret/data/victim\" { capabilities = [\"read\"] }"]
                try await bao.write("sys/policies/acl/it-attack", policy)
                var first = binding("first", "secret/data/attack-a/first")
                first.metadata.annotations = ["lanyard.dev/adopt": "true"]
                _ = try await tenant.api.create(first)
                try await eventuallyReason("first", ConditionType.policySynced, is: "Conflict", tenant.cluster)
                let kept = try await bao.read("sys/policies/acl/it-attack")
                #expect(kept?["policy"] == policy["policy"])
                #expect(try await bao.read("auth/kubernetes/role/it-attack") == nil)
                try await bao.delete("sys/policies/acl/it-attack")
                try await tenant.api.delete(VaultRoleBinding.self, first.key, uid: nil)
                // Two at once for one name.
                _ = try await tenant.api.create(binding("one", "secret/data/attack-a/one"))
                _ = try await tenant.api.create(binding("two", "secret/data/attack-a/two"))
                // Created within one second, the older is who has the smaller UID.
                let reasons = try await eventuallyDecided(["vrb/one", "vrb/two"], tenant.cluster)
                let winner = reasons["vrb/one"] == "Ready" ? "one" : "two"
                let text = try await bao.read("sys/policies/acl/it-attack")?["policy"]?.string ?? ""
                for name in ["one", "two"] { #expect(text.contains("attack-a/\(name)") == (name == winner)) }
            }
        }

        @Test("the policy of the operator's own token is nobody's, though its name is the tenant's to choose")
        func ownPolicy() async throws {
            try await withTenant { tenant, _ in
                let before = try #require(await bao.read("sys/policies/acl/lanyard-operator"))
                // The boundary allows names that are the ServiceAccount's, which is the tenant's.
                var attack = binding("operator", "secret/data/attack-a/x")
                attack.spec.serviceAccountNames = ["lanyard-operator"]
                attack.spec.roleName = "lanyard-operator"
                attack.metadata.annotations = ["lanyard.dev/adopt": "true"]
                _ = try await tenant.api.create(attack)
                try await eventuallyReason("operator", ConditionType.accepted, is: "InvalidSpec", tenant.cluster)
                let all = try await tenant.cluster.conditions(in: Self.namespace)
                let accepted = all.first { $0.name == "vrb/operator" }?.conditions.condition(ConditionType.accepted)
                #expect(accepted?.message == "spec.roleName: must not be a name of the operator's own")
                #expect(try await bao.read("sys/policies/acl/lanyard-operator") == before)
                #expect(try await bao.read("auth/kubernetes/role/lanyard-operator") == nil)
            }
        }

        @Test("edits between check and apply never let a path outside through")
        func racingEdits() async throws {
            try await withTenant { tenant, _ in
                let inside = binding("racer", "secret/data/attack-a/x")
                _ = try await tenant.api.create(inside)
                for round in 0..<60 {
                    let path = round % 2 == 0 ? "secret/data/victim/x" : "secret/data/attack-a/\(round)"
                    _ = try await tenant.api.patch(
                        VaultRoleBinding.self, inside.key,
                        JSONPatch([.replace(path: "/spec/access/rules/0/path", value: .string(path))]))
                    let text = try await bao.read("sys/policies/acl/it-attack")?["policy"]?.string ?? ""
                    #expect(!text.contains("victim"))
                }
                try await eventually("the last edit is in place") {
                    let text = try await bao.read("sys/policies/acl/it-attack")?["policy"]?.string ?? ""
                    return text.contains("attack-a/59") && !text.contains("victim") ? nil : text
                }
                let writes = try await bao.audited(pathContaining: "sys/policies/acl/it-attack").filter {
                    $0.operation == "update"
                }
                #expect(!writes.isEmpty)
            }
        }

        @Test("the tenant's role has neither status, nor boundaries, nor the ledger")
        func tenantRights() async throws {
            try await withTenant { tenant, _ in
                let stored = try await tenant.api.create(binding("own", "secret/data/attack-a/x"))
                func isForbidden(_ body: () async throws -> Void) async throws -> Bool {
                    do {
                        try await body()
                        return false
                    } catch let error as KubernetesError {
                        return error.code == .forbidden
                    }
                }
                #expect(
                    try await isForbidden {
                        _ = try await tenant.api.applyStatus(
                            VaultRoleBinding.self, stored.key, uid: stored.metadata.uid ?? "", resourceVersion: nil,
                            status: ["spiffeID": "spiffe://x/y"], fieldManager: "tenant")
                    })
                var mine = IdentityBoundary(metadata: ObjectMeta(name: "mine"))
                mine.spec.namespaces = .init(names: ["*"])
                #expect(try await isForbidden { _ = try await tenant.api.create(mine) })
                #expect(
                    try await isForbidden {
                        let key = ObjectKey(namespace: nil, name: "attacks")
                        try await tenant.api.delete(IdentityBoundary.self, key, uid: nil)
                    })
                #expect(
                    try await isForbidden {
                        _ = try await tenant.api.list(OwnershipRecord.self, namespace: "lanyard-system")
                    })
                #expect(
                    try await isForbidden {
                        _ = try await tenant.api.create(
                            WorkloadIdentity(metadata: ObjectMeta(name: "x", namespace: "default")))
                    })
            }
        }
    }
}
