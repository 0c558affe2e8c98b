import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("PreparedPatterns")
struct PreparedPatternsTests {
    private let settings: PlanningSettings
    /// For two namespaces, so that what is prepared for one can be held against objects of the other.
    private let boundaries: [IdentityBoundary]

    init() throws {
        settings = try .sample()
        boundaries = [
            .sample("names", namespaces: ["shop", "farm", "secret"]) { spec in
                spec.sharedNames = true
                spec.identity?.spiffeIDs = [
                    "/ns/{namespace}/sa/{serviceAccount}", "/ns/{namespace}/app/*", "/{name}/+/x",
                ]
                spec.identity?.placements = [.cluster, .pod]
                spec.vault?.names = ["lanyard.{cluster}.{namespace}.*", "{serviceAccount}", "{namespace}-role"]
                spec.vault?.extraPolicies = ["{namespace}.read", "{name}.read"]
                spec.vault?.secretsMounts = ["{namespace}"]
                spec.vault?.databases = [
                    .init(mount: "{namespace}", connection: "orders", templates: ["read*"]),
                    .init(connection: "{namespace}.orders", templates: ["{namespace}.write"]),
                ]
                spec.vault?.paths = [
                    .init(path: "secret/data/{namespace}/*", capabilities: ["read"]),
                    .init(path: "{namespace}/data/*", capabilities: ["read", "update"]),
                ]
            },
            .sample("others", namespaces: ["shop", "farm", "secret"]) { spec in
                spec.sharedNames = true
                spec.vault?.paths = [.init(path: "secret/data/{serviceAccount}/*", capabilities: ["list"])]
            },
        ]
    }

    private func boundary(_ namespace: String) -> EffectiveBoundary {
        BoundarySet(boundaries, settings: settings).effective(inNamespace: namespace, labels: [:])
    }

    private func values(_ namespace: String, name: String = "web") -> BoundaryTemplate.Values {
        .init(
            namespace: namespace, name: name, serviceAccounts: ["web"], cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
    }

    private func prepared(_ values: BoundaryTemplate.Values) -> PreparedPatterns {
        boundary("shop").prepared(for: values, sparing: settings.mounts.engines)
    }

    @Test("what has nothing of an object is prepared, for objects of its namespace and settings alone")
    func objects() {
        let found = prepared(values("shop"))
        #expect(
            found.patterns.keys.sorted() == [
                "/ns/{namespace}/app/*", "lanyard.{cluster}.{namespace}.*", "orders", "read*", "{namespace}-role",
                "{namespace}.orders", "{namespace}.read", "{namespace}.write",
            ])
        #expect(found.patterns["{namespace}-role"].map { $0 == [PathPattern("shop-role")] } == true)
        #expect(
            found.sparing.keys.sorted() == [
                "database", "secret/data/{namespace}/*", "{namespace}", "{namespace}/data/*",
            ])
        #expect(prepared(values("shop", name: "api")) == found)
        for others in [values("farm"), values("shop", name: "*"), values("shop", name: "")] {
            #expect(prepared(others) == .nothing)
        }
        var elsewhere = values("shop")
        elsewhere.cluster = "another"
        #expect(prepared(elsewhere) == .nothing)
        #expect(boundary("shop").prepared(for: values("shop"), sparing: ["another"]) == .nothing)
    }

    @Test("a namespace that is called like a mount of all has nothing below it, prepared or not")
    func sharedMounts() {
        let found = boundary("secret").prepared(for: values("secret"), sparing: settings.mounts.engines)
        #expect(found.sparing["{namespace}/data/*"].map { $0 == nil } == true)
        let own = [PathPattern("secret/data/secret/*")]
        #expect(found.sparing["secret/data/{namespace}/*"].map { $0 == own } == true)
    }

    @Test("of very many patterns some are prepared, and all count")
    func many() throws {
        let boundary = IdentityBoundary.sample {
            $0.identity?.spiffeIDs = (0..<100).map { "/ns/{namespace}/app-\($0)" }
        }
        let effective = try EffectiveBoundary.sample([boundary])
        let found = effective.prepared(for: values("shop"), sparing: settings.mounts.engines)
        #expect(found.patterns.count == PreparedPatterns.limit)
        for number in [0, 99] {
            let identity = WorkloadIdentity.sample { $0.spiffeID = "/ns/shop/app-\(number)" }
            #expect(IdentityBoundaryCheck.violations(of: identity, boundary: effective, settings: settings).isEmpty)
        }
    }

    @Test("identities are decided on as without, in their namespace and in one that is called like a mount")
    func identities() {
        let templates = [
            "/ns/{namespace}/sa/{serviceAccount}", "/ns/shop/app/x", "/ns/farm/app/x", "/ns/secret/app/{pod}",
            "/web/a/x", "/ns/{namespace}/app/{podLabel:a}",
        ]
        var accepted = 0
        for (namespace, other) in [("shop", "farm"), ("farm", "shop"), ("secret", "shop")] {
            for template in templates {
                let identity = WorkloadIdentity.sample(namespace: namespace) { spec in
                    spec.spiffeID = template
                    spec.placement = template.contains("{pod") ? .pod : .cluster
                }
                let decided = Admission.identity(identity, boundary: boundary(namespace), settings: settings)
                let without = Admission.identity(identity, boundary: boundary(other), settings: settings)
                #expect(decided == without)
                if case .success = decided { accepted += 1 }
            }
        }
        #expect(accepted > 5 && accepted < 18)
    }

    @Test("an identity for the whole cluster has patterns for no pod, so that none would be inside")
    func scope() throws {
        let values = TemplateValues(
            namespace: "shop", name: "web", serviceAccount: "web", cluster: settings.clusterName,
            trustDomain: settings.trustDomain)
        let entry = RegistrationEntry(
            id: "x", spiffeID: try SPIFFEID(trustDomain: settings.trustDomain, path: "/ns/shop/app/x"),
            parentID: settings.nodeAlias, selectors: [])
        for placement in [WorkloadIdentitySpec.Placement.pod, .node, .cluster] {
            let scope = IdentityScope(
                boundary: boundary("shop"), placement: placement, values: values, mounts: settings.mounts)
            #expect((scope.violation(of: entry) == nil) == (placement != .cluster))
        }
    }

    @Test("so are bindings", arguments: ["shop", "farm", "secret"])
    func bindings(namespace: String) {
        let roles = ["postgres", "orders", "\(namespace).orders"].flatMap { connection in
            [nil, namespace].map { (mount: String?) -> DatabaseRole in
                .sample("r") { role in
                    role.connection = connection
                    role.mount = mount
                    role.statements = nil
                    role.template = "\(namespace).write"
                }
            }
        }
        var token = TokenSettings()
        token.extraPolicies = ["\(namespace).read", "web.read", "other.read"]
        let rules = [
            AccessRule(path: "secret/data/\(namespace)/a", capabilities: ["read"]),
            AccessRule(path: "\(namespace)/data/a", capabilities: ["update"]),
            AccessRule(path: "secret/data/web/a", capabilities: ["list"]),
        ]
        let specs: [(inout VaultRoleBindingSpec) -> Void] = [
            { $0.roleName = "\(namespace)-role" }, { $0.roleName = "other-role" }, { $0.token = token },
            { $0.access = Access(rules: rules) }, { $0.databaseRoles = roles },
        ]
        let other = namespace == "shop" ? "farm" : "shop"
        var (accepted, refused) = (0, 0)
        for fill in specs {
            let binding = VaultRoleBinding.sample(namespace: namespace, fill)
            for subject in [nil, SubjectResolution.serviceAccounts(["web"])] {
                let found = [namespace, other].map { within in
                    BindingBoundaryCheck.violations(
                        of: binding, subject: subject, boundary: boundary(within), settings: settings)
                }
                #expect(found[0] == found[1])
                if found[0].isEmpty { accepted += 1 } else { refused += 1 }
            }
        }
        #expect(accepted > 0 && refused > 0)
    }
}
