import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("Admission")
struct AdmissionTests {
    /// A field of a spec that asks for more than the sample boundary allows, and what would allow it.
    struct Case: Sendable, CustomTestStringConvertible {
        let field: String
        let binding: @Sendable (inout VaultRoleBindingSpec) -> Void
        let identity: @Sendable (inout WorkloadIdentitySpec) -> Void
        let isIdentity: Bool
        let allowance: @Sendable (inout IdentityBoundarySpec) -> Void

        var testDescription: String { field }

        static func binding(
            _ field: String, _ change: @escaping @Sendable (inout VaultRoleBindingSpec) -> Void,
            allowedBy allowance: @escaping @Sendable (inout IdentityBoundarySpec) -> Void
        ) -> Case {
            Case(field: field, binding: change, identity: { _ in }, isIdentity: false, allowance: allowance)
        }

        static func identity(
            _ field: String, _ change: @escaping @Sendable (inout WorkloadIdentitySpec) -> Void,
            allowedBy allowance: @escaping @Sendable (inout IdentityBoundarySpec) -> Void
        ) -> Case {
            Case(field: field, binding: { _ in }, identity: change, isIdentity: true, allowance: allowance)
        }
    }

    static let cases: [Case] = [
        .identity("spec.spiffeID", { $0.spiffeID = "/teams/x" }, allowedBy: { $0.identity?.spiffeIDs = ["/teams/+"] }),
        .identity(
            "spec.spiffeID", { $0.spiffeID = "/ns/farm/sa/web" }, allowedBy: { $0.identity?.spiffeIDs = ["/ns/*"] }),
        .identity(
            "spec.placement", { $0.placement = .node }, allowedBy: { $0.identity?.placements = [.node, .cluster] }),
        .identity(
            "spec.x509SVID.ttl", { $0.x509SVID = .init(ttl: "24h1s") }, allowedBy: { $0.identity?.maxX509TTL = "25h" }),
        .identity("spec.jwtSVID.ttl", { $0.jwtSVID = .init(ttl: "2h") }, allowedBy: { $0.identity?.maxJWTTTL = "2h" }),
        .identity(
            "spec.x509SVID.dnsNames[0]", { $0.x509SVID = .init(dnsNames: ["a.b.shop.svc.cluster.local"]) },
            allowedBy: { $0.identity?.dnsNames = ["*.*.{namespace}.svc.cluster.local"] }),
        .identity(
            "spec.federatesWith[0]", { $0.federatesWith = ["partner.example"] },
            allowedBy: { $0.identity?.federatesWith = ["partner.example"] }),
        .identity("spec.admin", { $0.admin = true }, allowedBy: { $0.identity?.allowAdmin = true }),
        .identity("spec.downstream", { $0.downstream = true }, allowedBy: { $0.identity?.allowDownstream = true }),
        .identity("spec.storeSVID", { $0.storeSVID = true }, allowedBy: { $0.identity?.allowStoreSVID = true }),
        .identity("spec.deletionPolicy", { $0.deletionPolicy = .orphan }, allowedBy: { $0.allowOrphan = true }),
        .identity("spec.driftPolicy", { $0.driftPolicy = .report }, allowedBy: { $0.allowReportOnly = true }),
        .binding("spec.roleName", { $0.roleName = "admin" }, allowedBy: { $0.vault?.names = ["adm*"] }),
        .binding(
            "spec.policyName", { $0.policyName = "admin" }, allowedBy: { $0.vault?.names?.append("admin") }),
        .binding(
            "spec.kubernetesAuth.mount", { $0.kubernetesAuth = .init(mount: "other") },
            allowedBy: { $0.vault?.authMounts = ["other"] }),
        .binding(
            "spec.jwtAuth.mount", { $0.jwtAuth = .init(mount: "other", audiences: ["vault"]) },
            allowedBy: { $0.vault?.authMounts?.append("other") }),
        .binding(
            "spec.token.ttl", { $0.token = .with { $0.ttl = "25h" } }, allowedBy: { $0.vault?.maxTokenTTL = "25h" }),
        .binding(
            "spec.token.maxTTL", { $0.token = .with { $0.maxTTL = "25h" } },
            allowedBy: { $0.vault?.maxTokenTTL = "25h" }),
        .binding(
            "spec.token.explicitMaxTTL", { $0.token = .with { $0.explicitMaxTTL = "25h" } },
            allowedBy: { $0.vault?.maxTokenTTL = "25h" }),
        .binding(
            "spec.token.period", { $0.token = .with { $0.period = "1h" } },
            allowedBy: { $0.vault?.allowPeriodicTokens = true }),
        .binding(
            "spec.token.extraPolicies[0]", { $0.token = .with { $0.extraPolicies = ["audit-read"] } },
            allowedBy: { $0.vault?.extraPolicies = ["audit-*"] }),
        .binding(
            "spec.access.kv[0].path",
            { $0.access = Access(kv: [KVAccess(path: "farm/x", permissions: ["Read"])]) },
            allowedBy: { $0.vault?.paths?.append(.init(path: "secret/data/farm/x", capabilities: ["read"])) }),
        .binding(
            "spec.access.pki[0].role", { $0.access = Access(pki: [PKIAccess(role: "web", operations: ["Issue"])]) },
            allowedBy: { $0.vault?.paths?.append(.init(path: "pki/issue/web", capabilities: ["create", "update"])) }),
        .binding(
            "spec.access.transit[0].key",
            { $0.access = Access(transit: [TransitAccess(key: "web", operations: ["Encrypt"])]) },
            allowedBy: { $0.vault?.paths?.append(.init(path: "transit/+/web", capabilities: ["update"])) }),
        .binding(
            "spec.access.rules[0].path",
            { $0.access = Access(rules: [AccessRule(path: "kv/x", capabilities: ["read"])]) },
            allowedBy: { $0.vault?.paths?.append(.init(path: "kv/+", capabilities: ["read"])) }),
        .binding(
            "spec.databaseRoles[0].connection", { $0.databaseRoles = [.asking { $0.connection = "payroll" }] },
            allowedBy: { $0.vault?.databases = [.init(connection: "payroll", templates: ["readonly"])] }),
        .binding(
            "spec.databaseRoles[0].template", { $0.databaseRoles = [.asking { $0.template = "owner" }] },
            allowedBy: { $0.vault?.databases = [.init(connection: "orders", templates: ["own*"])] }),
        .binding(
            "spec.databaseRoles[0].statements",
            { $0.databaseRoles = [.asking { $0.statements = .init(creation: ["SELECT 1"]) }] },
            allowedBy: {
                $0.vault?.databases = [.init(connection: "orders", templates: ["*"], inlineStatements: true)]
            }),
        .binding(
            "spec.databaseRoles[0].vaultName", { $0.databaseRoles = [.asking { $0.vaultName = "payroll" }] },
            allowedBy: { $0.vault?.names?.append("payroll") }),
        .binding(
            "spec.databaseRoles[0].static.username",
            { $0.databaseRoles = [.asking { $0.static = .init(username: "payroll") }] },
            allowedBy: { $0.vault?.databases?[0].staticUsernames = ["payroll"] }),
        .binding(
            "spec.databaseRoles[0].maxTTL", { $0.databaseRoles = [.asking { $0.maxTTL = "48h" }] },
            allowedBy: { $0.vault?.maxTokenTTL = "48h" }),
        .binding(
            "spec.databaseRoles[0].deletionPolicy", { $0.databaseRoles = [.asking { $0.deletionPolicy = .orphan }] },
            allowedBy: { $0.allowOrphan = true }),
        .binding("spec.deletionPolicy", { $0.deletionPolicy = .orphan }, allowedBy: { $0.allowOrphan = true }),
    ]

    private func violations(_ item: Case, under boundaries: [IdentityBoundary]) throws -> [BoundaryViolation] {
        let settings = try PlanningSettings.sample()
        let effective = try EffectiveBoundary.sample(boundaries)
        if item.isIdentity {
            return IdentityBoundaryCheck.violations(
                of: .sample { item.identity(&$0) }, boundary: effective, settings: settings)
        }
        return BindingBoundaryCheck.violations(
            of: .sample { item.binding(&$0) }, subject: .serviceAccounts(["web"]), boundary: effective,
            settings: settings)
    }

    private static let strict = IdentityBoundary.sample { $0.allowReportOnly = false }

    @Test("one field that asks for too much is the one violation", arguments: cases)
    func refused(item: Case) throws {
        let found = try violations(item, under: [Self.strict])
        #expect(found.map(\.field) == [item.field])
        #expect(found.allSatisfy { !$0.requested.isEmpty })
        // Nothing at all is allowed by a boundary that says nothing.
        let nothing = IdentityBoundary.sample {
            $0 = .init()
            $0.namespaces = .init(names: ["shop"])
            $0.allowReportOnly = false
        }
        #expect(try !violations(item, under: [nothing]).isEmpty)
    }

    @Test("it is allowed where a boundary says so, its own or another of the namespace", arguments: cases)
    func allowed(item: Case) throws {
        var boundary = Self.strict
        item.allowance(&boundary.spec)
        // Names that the allowance replaced are still those of the binding itself.
        var other = IdentityBoundary.sample("other") { $0.allowReportOnly = false }
        other.spec.vault?.maxTokenTTL = nil
        other.spec.identity?.maxX509TTL = nil
        other.spec.identity?.maxJWTTTL = nil
        #expect(try violations(item, under: [boundary, other]) == [])
    }

    @Test("every violation is told, with what is allowed and by which boundary")
    func everyViolation() throws {
        let binding = VaultRoleBinding.sample {
            $0.roleName = "admin"
            $0.token = .with { $0.maxTTL = "48h" }
            $0.access = Access(
                kv: [KVAccess(path: "farm/*", permissions: ["Read", "List"])],
                rules: [AccessRule(path: "secret/data/shop/x", capabilities: ["read", "patch"])])
        }
        let settings = try PlanningSettings.sample()
        let result = Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: try .sample([.sample()]), settings: settings)
        guard case .failure(let refusal) = result else {
            Issue.record("accepted")
            return
        }
        let found = refusal.violations.violations
        #expect(
            found.map(\.field) == [
                "spec.roleName", "spec.token.maxTTL", "spec.access.kv[0].path", "spec.access.kv[0].path",
                "spec.access.rules[0].path",
            ])
        #expect(refusal.reason == .outsideBoundary)
        #expect(found.first?.message.contains("{serviceAccount} (IdentityBoundary shop)") == true)
        #expect(found.last?.message.contains("\"secret/data/shop/x\" [patch]") == true)
    }

    @Test("what is invalid as well keeps its reason, and does not escape a withdrawal")
    func invalidAsWell() throws {
        let settings = try PlanningSettings.sample()
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = .withdraw }])
        func refusal(_ change: (inout VaultRoleBindingSpec) -> Void) -> Refusal? {
            let result = Admission.binding(
                .sample(change), subject: .serviceAccounts(["web"]), boundary: boundary, settings: settings)
            if case .failure(let refusal) = result { return refusal }
            return nil
        }
        let both = refusal {
            $0.roleName = "admin"
            $0.token = .with { $0.ttl = "soon" }
        }
        #expect(both?.reason == .invalidSpec)
        #expect(both?.withdraws == true)
        let invalid = refusal { $0.token = .with { $0.ttl = "soon" } }
        #expect(invalid?.reason == .invalidSpec)
        #expect(invalid?.withdraws == false)
    }

    @Test(
        "the longest lifetime of tokens is written into roles that say none, stated or not, and shortens none that do")
    func tokenCap() throws {
        let settings = try PlanningSettings.sample()
        func maxTTL(_ boundaries: [IdentityBoundary], _ change: (inout TokenSettings) -> Void) throws -> Int? {
            let binding = VaultRoleBinding.sample { $0.token = .with(change) }
            return try Admission.binding(
                binding, subject: .serviceAccounts(["web"]), boundary: .sample(boundaries), settings: settings
            ).get().kubernetesRole?.role.token.maxTTL
        }
        #expect(try maxTTL([.sample()]) { _ in } == 86_400)
        #expect(try maxTTL([.sample()]) { $0.maxTTL = "1h" } == 3_600)
        // It is no ceiling if it holds only for those who say something.
        #expect(try maxTTL([]) { _ in } == 86_400)
        #expect(try maxTTL([.sample { $0.vault?.maxTokenTTL = nil }]) { _ in } == 86_400)
        #expect(try maxTTL([.sample { $0.vault?.maxTokenTTL = "2h" }]) { _ in } == 7_200)
        let silent = VaultRoleBinding.sample { $0.token = nil }
        let access = try Admission.binding(
            silent, subject: .serviceAccounts(["web"]), boundary: .sample([]), settings: settings
        ).get()
        #expect(access.kubernetesRole?.role.token.maxTTL == 86_400)
        let periodic = IdentityBoundary.sample { $0.vault?.allowPeriodicTokens = true }
        #expect(try maxTTL([periodic]) { $0.period = "1h" } == 0)
    }

    @Test("what depends on the ServiceAccount must be allowed for each one, and is held against nobody unknown")
    func serviceAccounts() throws {
        let settings = try PlanningSettings.sample()
        let boundary = try EffectiveBoundary.sample([.sample()])
        func fields(_ role: String, _ subject: SubjectResolution?) -> [String] {
            BindingBoundaryCheck.violations(
                of: .sample { $0.roleName = role }, subject: subject, boundary: boundary, settings: settings
            ).map(\.field)
        }
        #expect(fields("web", .serviceAccounts(["web"])) == [])
        #expect(fields("web", .serviceAccounts(["web", "api"])) == ["spec.roleName"])
        #expect(fields("web", .serviceAccounts([])) == ["spec.roleName"])
        #expect(fields("anything", nil) == [])
        #expect(fields("lanyard.production.shop.web", .serviceAccounts(["web", "api"])) == [])
    }

    @Test(
        "placeholders of nodes and pods are one segment, whatever fills them",
        arguments: [
            ("/ns/{namespace}/node/{node}", "/ns/{namespace}/node/+", true),
            ("/ns/{namespace}/node/{node}", "/ns/{namespace}/node/a", false),
            ("/ns/{namespace}/{podLabel:team}/x", "/ns/{namespace}/+/x", true),
            ("/ns/{podLabel:team}/x", "/ns/{namespace}/*", false),
            ("/{podLabel:team}/{namespace}/x", "/ns/{namespace}/*", false),
            ("/{pod}", "/ns/*", false),
            ("/ns/{namespace}/web-{pod}", "/ns/{namespace}/web-*", true),
            ("/ns/{namespace}/web-{pod}", "/ns/{namespace}/web", false),
            ("/ns/{namespace}-{pod}/x", "/ns/{namespace}/*", false),
        ])
    func holes(template: String, pattern: String, isAllowed: Bool) throws {
        let boundary = try EffectiveBoundary.sample([
            .sample {
                $0.identity?.spiffeIDs = [pattern]
                $0.identity?.placements = [.pod]
            }
        ])
        let identity = WorkloadIdentity.sample {
            $0.spiffeID = template
            $0.placement = .pod
        }
        let violations = IdentityBoundaryCheck.violations(
            of: identity, boundary: boundary, settings: try .sample())
        #expect(violations.isEmpty == isAllowed)
    }

    @Test(
        "policies of bindings and of the operator are nobody's extra policies",
        arguments: ["lanyard.x", "lanyard-operator"])
    func extraPolicies(name: String) throws {
        let boundary = IdentityBoundary.sample { $0.vault?.extraPolicies = ["lanyard-*", "audit"] }
        let violations = BindingBoundaryCheck.violations(
            of: .sample { $0.token = .with { $0.extraPolicies = [name, "audit"] } },
            subject: .serviceAccounts(["web"]), boundary: try .sample([boundary]), settings: try .sample())
        #expect(violations.map(\.field) == ["spec.token.extraPolicies[0]"])
    }

    @Test("what is outside only because something else is wrong is not told, and does not escape a withdrawal")
    func followUps() throws {
        let settings = try PlanningSettings.sample()
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = .withdraw }])
        func refusal(_ binding: VaultRoleBinding, _ accounts: [String] = ["web"]) -> Refusal? {
            let result = Admission.binding(
                binding, subject: .serviceAccounts(accounts), boundary: boundary, settings: settings)
            if case .failure(let refusal) = result { return refusal }
            return nil
        }
        let wildcard = refusal(.sample { $0.serviceAccountNames = ["*"] }, ["*"])
        #expect(wildcard?.violations.violations.map(\.field) == ["spec.serviceAccountNames[0]"])
        #expect(wildcard?.withdraws == true)
        var role = DatabaseRole(name: "main")
        role.statements = .init(creation: ["CREATE ROLE x"])
        let unconnected = refusal(.sample { $0.databaseRoles = [role] })
        #expect(unconnected?.violations.violations.map(\.field) == ["spec.databaseRoles[0].connection"])
        var nowhere = VaultRoleBinding.sample { _ in }
        nowhere.metadata.namespace = nil
        #expect(refusal(nowhere)?.violations.violations.map(\.field) == ["metadata.namespace"])
    }

    @Test("of much that is allowed the nearest is told, each boundary once, and a broken one once")
    func messages() throws {
        func violation(_ path: String) throws -> [SpecViolation] {
            let boundary = try EffectiveBoundary.sample([
                .sample {
                    $0.vault?.paths = ["a", "b", "c", "d", "shop/web"].map {
                        .init(path: "secret/data/\($0)/*", capabilities: ["read"])
                    }
                },
                .sample("broken") { $0.vault?.names = ["?"] },
            ])
            let result = Admission.binding(
                .sample {
                    $0.access = Access(rules: [
                        AccessRule(path: path, capabilities: ["read"]),
                        AccessRule(path: "secret/x", capabilities: ["read"]),
                    ])
                }, subject: .serviceAccounts(["web"]), boundary: boundary, settings: try .sample())
            guard case .failure(let refusal) = result else { return [] }
            return refusal.violations.violations
        }
        let found = try violation("secret/data/shop/w")
        #expect(
            found.first?.message
                == "asks for \"secret/data/shop/w\" [read], allowed is secret/data/shop/web/* [read], secret/data/a/* [read], "
                + "secret/data/b/* [read] (IdentityBoundary shop) and 2 more; nothing is allowed by IdentityBoundary broken, "
                + "which is invalid")
        #expect(found.count == 2 && found.last?.message.contains("nothing is allowed by") == false)
    }

    @Test("a boundary with {cluster} in its pattern keeps the clusters of a trust domain apart (threat T39)")
    func clusters() throws {
        let boundary = IdentityBoundary.sample { $0.identity?.spiffeIDs = ["/{cluster}/ns/{namespace}/sa/+"] }
        func admit(in cluster: String, template: String? = nil, asking id: String? = nil) throws -> DesiredIdentity? {
            var settings = try PlanningSettings.sample()
            settings.clusterName = cluster
            if let template { settings.spiffeIDTemplate = template }
            let effective = BoundarySet([boundary], settings: settings).effective(inNamespace: "shop", labels: [:])
            return try? Admission.identity(.sample { $0.spiffeID = id }, boundary: effective, settings: settings).get()
        }
        let template = "/{cluster}/ns/{namespace}/sa/{serviceAccount}"
        for cluster in ["production", "edge"] {
            // The default template says nothing of the cluster.
            #expect(try admit(in: cluster) == nil)
            let admitted = try #require(try admit(in: cluster, template: template))
            #expect(admitted.spiffeID?.path == "/\(cluster)/ns/shop/sa/web")
            #expect(try admitted.entry.id == "lanyard.\(cluster).shop.web")
            // Nor may an author name the other one's.
            let other = cluster == "edge" ? "production" : "edge"
            #expect(try admit(in: cluster, template: template, asking: "/\(other)/ns/shop/sa/web") == nil)
        }
    }
}

extension TokenSettings {
    /// Settings that the caller fills.
    static func with(_ fill: (inout TokenSettings) -> Void) -> TokenSettings {
        var settings = TokenSettings()
        fill(&settings)
        return settings
    }
}

extension DatabaseRole {
    /// A role by the template `readonly` at `orders`, changed by the caller.
    static func asking(_ change: (inout DatabaseRole) -> Void) -> DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = "orders"
        role.template = "readonly"
        change(&role)
        return role
    }
}
