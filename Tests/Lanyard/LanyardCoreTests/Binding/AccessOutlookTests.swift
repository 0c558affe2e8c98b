import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("AccessOutlook")
struct AccessOutlookTests {
    private static let listing: JSONValue = [
        "secret/": ["type": "kv", "options": ["version": "2"]], "legacy/": ["type": "kv", "options": [:]],
        "old/": ["type": "kv", "options": .null], "pki/": ["type": "pki"], "transit/": ["type": "transit"],
        "team/kv/": ["type": "kv", "options": ["version": "2"]], "custom/": ["type": "vault-plugin-secrets-kv"],
        "request_id": "not a mount",
    ]

    private func access(
        _ entries: Access? = nil, _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }
    ) throws -> DesiredAccess {
        let binding = VaultRoleBinding.sample {
            $0.access = entries
            fill(&$0)
        }
        return try BindingPlanner.desired(
            for: binding, subject: Self.subject(of: binding), settings: try .sample()
        ).get()
    }

    private static func subject(of binding: VaultRoleBinding) throws -> SubjectResolution {
        guard binding.spec.workloadIdentityRef != nil else { return .serviceAccounts(["web"]) }
        return .identity(serviceAccount: "web", spiffeID: try SPIFFEID("spiffe://neural-hive.local/ns/shop/sa/web"))
    }

    private func sights(_ change: (inout AccessSights) -> Void = { _ in }) -> AccessSights {
        var sights = AccessSights()
        sights.add(Self.listing, at: "sys/mounts")
        change(&sights)
        return sights
    }

    private func policy(_ entries: Access, _ sights: AccessSights) throws -> ConditionOutcome? {
        let outlook = AccessOutlook(of: try access(entries), sights)
        let outcome = outlook.over(.holds(.synced, "fine"), of: .policy)
        return outcome.isTrue ? nil : outcome
    }

    private static func kv(_ mount: String?, version: Int? = nil) -> Access {
        Access(kv: [KVAccess(mount: mount, path: "shop/*", permissions: ["Read"], version: version)])
    }

    /// An entry, and what is said of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let access: Access
        let reason: Reason?
        let field: String

        init(_ name: String, _ access: Access, _ reason: Reason?, _ field: String = "") {
            (testDescription, self.access, self.reason, self.field) = (name, access, reason, field)
        }
    }

    static let cases: [Case] = [
        .init("version 2", kv(nil), nil), .init("version 2 below a path", kv("team/kv"), nil),
        .init("version 1", kv("legacy", version: 1), nil),
        .init("version 1 without options", kv("old", version: 1), nil),
        .init("version 1 taken for 2", kv("legacy"), .mountMismatch, "spec.access.kv[0].version"),
        .init("version 2 taken for 1", kv("secret", version: 1), .mountMismatch, "spec.access.kv[0].version"),
        .init("a typo", kv("sceret"), .mountMissing, "spec.access.kv[0].mount"),
        .init("above a mount", kv("team"), .mountMissing, "spec.access.kv[0].mount"),
        .init("below a mount of version 2", kv("secret/shop"), .mountMissing, "spec.access.kv[0].mount"),
        .init("below a mount of version 1, where paths are plain", kv("legacy/shop", version: 1), nil),
        .init("another engine", kv("pki"), .mountMismatch, "spec.access.kv[0].mount"),
        .init("an external plugin, of which nothing is known", kv("custom"), nil),
        .init(
            "no PKI engine", Access(pki: [PKIAccess(mount: "ca", role: "web", operations: ["Issue"])]), .mountMissing,
            "spec.access.pki[0].mount"),
        .init("a PKI role that was not looked at", Access(pki: [PKIAccess(role: "web", operations: ["Issue"])]), nil),
        .init(
            "no PKI role", Access(pki: [PKIAccess(role: "gone", operations: ["Issue"])]), .targetMissing,
            "spec.access.pki[0].role"),
        .init(
            "no transit key", Access(transit: [TransitAccess(key: "gone", operations: ["Encrypt"])]), .targetMissing,
            "spec.access.transit[0].key"),
        .init(
            "a transit engine that is another one",
            Access(transit: [TransitAccess(mount: "secret", key: "web", operations: ["Encrypt"])]), .mountMismatch,
            "spec.access.transit[0].mount"),
    ]

    @Test("what is not there, or is something else, is named by its field; and nothing else is said", arguments: cases)
    func engines(_ item: Case) throws {
        let seen = sights { sights in
            sights.add(nil, at: "pki/roles/gone")
            sights.add(nil, at: "transit/keys/gone")
            sights.add([:], at: "pki/roles/there")
        }
        let found = try policy(item.access, seen)
        #expect(found?.reason == item.reason)
        #expect(found?.message.hasPrefix("\(item.field): ") ?? true, "\(found?.message ?? "")")
    }

    @Test("where the operator sees nothing, nothing is said", arguments: cases)
    func blind(_ item: Case) throws {
        #expect(try policy(item.access, AccessSights()) == nil)
    }

    @Test("what is looked at is what the index of bindings says", arguments: cases)
    func paths(_ item: Case) throws {
        let settings = try PlanningSettings.sample()
        let binding = VaultRoleBinding.sample { $0.access = item.access }
        let surveyed = BindingPaths.surveyed(by: binding, settings: settings)
        #expect(surveyed == Set(AccessOutlook.readPaths(of: try access(item.access))))
        #expect(surveyed.contains("auth/kubernetes/config") && surveyed.contains("sys/mounts"))
    }

    @Test("several troubles are said together, the first with its reason, and no more than three of them")
    func several() throws {
        let entries = Access(
            kv: ["a", "b", "c", "d"].map { KVAccess(mount: $0, path: "x", permissions: ["Read"]) })
        let found = try #require(try policy(entries, sights()))
        #expect(found.reason == .mountMissing && found.message.hasSuffix("; and 1 more"))
        #expect(found.message.contains("kv[2]") && !found.message.contains("kv[3]"))
    }

    @Test("an auth method without configuration is said of the auth roles, and only where it was looked at")
    func configuration() throws {
        let access = try access {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "web")
            $0.jwtAuth = .init(audiences: ["vault"])
        }
        #expect(AccessOutlook.readPaths(of: access) == ["auth/kubernetes/config", "auth/jwt/config"])
        func outcome(_ change: (inout AccessSights) -> Void) -> ConditionOutcome {
            var sights = AccessSights()
            change(&sights)
            return AccessOutlook(of: access, sights).over(.holds(.synced, "fine"), of: .authRole)
        }
        #expect(outcome { _ in }.isTrue)
        #expect(outcome { $0.add(["kubernetes_host": "x"], at: "auth/kubernetes/config") }.isTrue)
        let found = outcome { $0.add(nil, at: "auth/jwt/config") }
        #expect(found.reason == .mountUnconfigured && found.message.hasPrefix("auth/jwt "))
        // What became of the objects themselves comes first.
        var sights = AccessSights()
        sights.add(nil, at: "auth/jwt/config")
        let conflict = ConditionOutcome.fails(.conflict, "taken")
        #expect(AccessOutlook(of: access, sights).over(conflict, of: .authRole) == conflict)
    }

    @Test("a right that the deletion will need is asked for, and said while there is time")
    func revocation() throws {
        func access(_ revokes: Bool) throws -> DesiredAccess {
            try self.access {
                $0.revokeLeasesOnDelete = revokes
                $0.databaseRoles = [
                    .sample("main"), .sample("fixed") { $0.static = .init(username: "app", rotationPeriod: "24h") },
                ]
                $0.databaseRoles?[1].statements = nil
            }
        }
        let path = "sys/leases/revoke-prefix/database/creds/lanyard.production.shop.web_main"
        #expect(try AccessOutlook.revocationPaths(of: access(true)) == [path])
        #expect(try AccessOutlook.revocationPaths(of: access(false)) == [])
        func outcome(_ rights: Set<String>?) throws -> ConditionOutcome {
            var sights = AccessSights()
            sights.rights[path] = rights
            return AccessOutlook(of: try access(true), sights).over(.holds(.synced, "fine"), of: .databaseRole)
        }
        for enough in [["update", "sudo"], ["root"], nil] as [Set<String>?] { #expect(try outcome(enough).isTrue) }
        for lacking in [["deny"], ["update"], ["sudo"], []] as [Set<String>] {
            let found = try outcome(lacking)
            #expect(found.reason == .permissionDenied && found.message.contains(path))
        }
    }
}
