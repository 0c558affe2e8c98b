import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

/// What exists is held against a boundary as it is, not as a spec would make it.
@Suite("What exists, against the boundary")
struct StandingCheckTests {
    private static let policy = "sys/policies/acl/web"
    private static let role = "auth/kubernetes/role/web"
    private static let dynamic = "database/roles/web_main"
    private static let fixed = "database/static-roles/web_app"

    private func isOutside(
        _ objects: [String: JSONValue], holding held: Set<String> = [],
        _ fill: (inout IdentityBoundarySpec) -> Void = { _ in }
    ) throws -> Bool {
        BindingBoundaryCheck.isOutside(
            standing: objects, held: held.union(objects.keys), of: .sample(),
            boundary: try .sample([.sample("shop", fill)]),
            settings: try .sample())
    }

    private static func rule(_ path: String, _ capability: String = "read") -> [String: JSONValue] {
        [policy: ["policy": .string("path \"\(path)\" {\n  capabilities = [\"\(capability)\"]\n}\n")]]
    }

    @Test("rules of a policy, and a text that nobody can read")
    func rules() throws {
        #expect(try !isOutside([:]))
        #expect(try !isOutside(Self.rule("secret/data/shop/web")))
        #expect(try isOutside(Self.rule("secret/data/shop/web", "patch")))
        #expect(try isOutside(Self.rule("secret/data/other/web")))
        #expect(try isOutside([Self.policy: ["policy": "path {"]]))
        #expect(try isOutside([Self.policy: [:]]))
    }

    @Test("credentials are allowed with the role that is held, read or not, and only to be read")
    func credentials() throws {
        let path = "database/creds/web_main"
        #expect(try !isOutside(Self.rule(path), holding: [Self.dynamic]))
        #expect(try !isOutside(Self.rule("database/static-creds/web_app"), holding: [Self.fixed]))
        #expect(try isOutside(Self.rule("database/static-creds/web_main"), holding: [Self.dynamic]))
        #expect(try isOutside(Self.rule(path, "update"), holding: [Self.dynamic]))
        #expect(try isOutside(Self.rule(path)))
    }

    @Test("names, mounts of logins, and policies beside the own one")
    func logins() throws {
        let objects: [String: JSONValue] = [Self.role: ["token_policies": ["web", "team-read"]]]
        let held: Set = [Self.policy]
        #expect(try isOutside(objects, holding: held))
        #expect(try !isOutside(objects, holding: held) { $0.vault?.extraPolicies = ["team-read"] })
        #expect(try isOutside(objects) { $0.vault?.extraPolicies = ["team-read"] })
        let plain: [String: JSONValue] = [Self.role: ["token_policies": ["web"]]]
        #expect(try !isOutside(plain, holding: held))
        #expect(try isOutside(plain, holding: held) { $0.vault?.authMounts = ["jwt"] })
        #expect(try isOutside(plain, holding: held) { $0.vault?.names = ["api"] })
    }

    @Test("connections and users of database roles")
    func databases() throws {
        #expect(try !isOutside([Self.dynamic: ["db_name": "orders"]]))
        #expect(try isOutside([Self.dynamic: ["db_name": "payroll"]]))
        #expect(try isOutside([Self.dynamic: [:]]))
        #expect(try isOutside([Self.dynamic: ["db_name": "orders"]]) { $0.vault?.databases?[0].templates = nil })
        let user: [String: JSONValue] = [Self.fixed: ["db_name": "orders", "username": "app"]]
        #expect(try isOutside(user))
        #expect(try !isOutside(user) { $0.vault?.databases?[0].staticUsernames = ["app"] })
    }

    @Test("database roles whose credentials no policy gives, as far as all policies are known")
    func idleRoles() {
        func idle(_ policy: [String: JSONValue], unread: Set<String> = []) -> Set<String> {
            let roles: [String: JSONValue] = [Self.dynamic: [:], Self.fixed: [:], Self.role: [:]]
            return BindingBoundaryCheck.idleRoles(among: policy.merging(roles) { first, _ in first }, unread: unread)
        }
        #expect(idle([:]) == [Self.dynamic, Self.fixed])
        #expect(idle([:], unread: ["database/roles/web_other"]) == [Self.dynamic, Self.fixed])
        #expect(idle([:], unread: [Self.policy]) == [])
        #expect(idle(Self.rule("secret/data/shop/web")) == [Self.dynamic, Self.fixed])
        #expect(idle(Self.rule("database/creds/web_main")) == [Self.fixed])
        #expect(idle(Self.rule("database/static-creds/web_app", "update")) == [Self.dynamic])
        #expect(idle(Self.rule("database/creds/web_*")) == [Self.fixed])
        #expect(idle(Self.rule("database/+/web_main")) == [Self.fixed])
        #expect(idle(Self.rule("database/*")) == [])
        #expect(idle([Self.policy: ["policy": "path {"]]) == [])
        #expect(idle([Self.policy: [:]]) == [])
    }

    @Test("entries, for the ServiceAccount that they are for")
    func entries() throws {
        var entry = RegistrationEntry(
            id: "x", spiffeID: try SPIFFEID("spiffe://example.org/ns/shop/sa/former"),
            parentID: try SPIFFEID("spiffe://example.org/alias"),
            selectors: Set([WorkloadSelector(type: "k8s", value: "sa:former")].compactMap { $0 }))
        let identity = WorkloadIdentity(
            metadata: ObjectMeta(name: "web", namespace: "shop"), spec: WorkloadIdentitySpec())
        let boundary = try EffectiveBoundary.sample([.sample()])
        func isOutside(_ change: (inout RegistrationEntry) -> Void = { _ in }) throws -> Bool {
            var entry = entry
            change(&entry)
            return IdentityBoundaryCheck.isOutside(
                standing: entry, of: identity, boundary: boundary, settings: try .sample())
        }
        #expect(try !isOutside { $0.dnsNames = ["web.shop.svc.cluster.local"] })
        #expect(try !isOutside { $0.x509SVIDTTL = 86_400 })
        #expect(try isOutside { $0.selectors = [] })
        #expect(try isOutside { $0.dnsNames = ["web.other.svc.cluster.local"] })
        #expect(try isOutside { $0.federatesWith = ["a.example"] })
        #expect(try isOutside { $0.isAdmin = true })
        #expect(try isOutside { $0.isDownstream = true })
        #expect(try isOutside { $0.storesSVID = true })
        #expect(try isOutside { $0.x509SVIDTTL = 86_401 })
        #expect(try isOutside { $0.jwtSVIDTTL = 3_601 })
        entry.spiffeID = try SPIFFEID("spiffe://example.org/ns/shop/sa/web")
        #expect(try isOutside())
    }

    @Test(
        "the placement of entries, by their IDs, selectors and parents, however long their names are",
        arguments: ["web", String(repeating: "a", count: 220), String(repeating: "a", count: 250)])
    func placements(name: String) throws {
        let settings = try PlanningSettings.sample()
        let identity = WorkloadIdentity.sample(name: name)
        let agent = try SPIFFEID("spiffe://example.org/spire/agent/node")
        let uid = "0d0f5a5e-3a43-4a6b-9a3e-6c7c2d1f0e9b"
        func entry(
            uid: String? = nil, parent: SPIFFEID? = nil, podUID: String? = nil
        ) throws -> RegistrationEntry {
            let selectors = ["sa:web"] + [podUID].compactMap { $0 }.map { "pod-uid:\($0)" }
            return RegistrationEntry(
                id: EntryName.forIdentity(identity.key, uid: uid, cluster: settings.clusterName),
                spiffeID: try SPIFFEID("spiffe://example.org/ns/shop/sa/web"), parentID: parent ?? agent,
                selectors: Set(selectors.compactMap { WorkloadSelector(type: "k8s", value: $0) }))
        }
        let all: [WorkloadIdentitySpec.Placement] = [.cluster, .node, .pod]
        let entries: [(RegistrationEntry, WorkloadIdentitySpec.Placement)] = [
            (try entry(parent: settings.nodeAlias), .cluster), (try entry(), .cluster),
            // What its author selects besides.
            (try entry(podUID: uid), .cluster), (try entry(uid: "n", podUID: uid), .node),
            (try entry(uid: uid), .node), (try entry(uid: uid, podUID: uid), .pod),
            // By hand.
            (try entry(uid: uid, parent: settings.nodeAlias, podUID: uid), .cluster),
        ]
        for (entry, placement) in entries {
            for allowed in all {
                let boundary = try EffectiveBoundary.sample([.sample { $0.identity?.placements = [allowed] }])
                #expect(
                    IdentityBoundaryCheck.isOutside(
                        standing: entry, of: identity, boundary: boundary, settings: settings)
                        == (placement != allowed), "\(entry.id) is \(placement)")
            }
        }
    }
}
