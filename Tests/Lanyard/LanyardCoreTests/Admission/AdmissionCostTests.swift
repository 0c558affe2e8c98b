import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

/// What a spec may cost those who wait behind it.
@Suite("Cost of admission")
struct AdmissionCostTests {
    private let settings: PlanningSettings

    init() throws { settings = try .sample() }

    /// As much as the schema lets one binding ask for.
    private static let worst = VaultRoleBinding.sample { spec in
        let permissions = KVPermission.allCases.map(\.rawValue)
        spec.access = Access(
            kv: (0..<256).map { KVAccess(path: "shop/\($0)/*", permissions: permissions) },
            rules: (0..<700).map { AccessRule(path: "secret/data/shop/x/\($0)", capabilities: ["read", "update"]) })
    }

    /// Boundaries with very many paths, none of which is what is asked for, and one that has it.
    private static let large: [IdentityBoundary] = {
        let capabilities = ["create", "read", "update", "patch", "delete", "list"]
        let others = ["data", "metadata"].map { part in
            IdentityBoundary.sample(part) { spec in
                spec.vault?.paths = (0..<160).map {
                    .init(path: "secret/\(part)/{namespace}/{serviceAccount}-\($0)/*", capabilities: capabilities)
                }
            }
        }
        let wanted = IdentityBoundary.sample("wanted") { spec in
            spec.vault?.paths = ["data", "metadata", "delete", "undelete", "destroy"].map {
                .init(path: "secret/\($0)/{namespace}/*", capabilities: capabilities)
            }
        }
        return others + [wanted]
    }()

    private func violations(
        of binding: VaultRoleBinding, under boundaries: [IdentityBoundary]
    ) throws -> [BoundaryViolation] {
        BindingBoundaryCheck.violations(
            of: binding, subject: .serviceAccounts(["web"]), boundary: try .sample(boundaries), settings: settings)
    }

    @Test("the worst spec under large boundaries is decided on in the time of a blink, allowed or not")
    func worstSpec() throws {
        let started = ContinuousClock.now
        #expect(try violations(of: Self.worst, under: Self.large) == [])
        let refused = try violations(of: Self.worst, under: Array(Self.large.dropLast()))
        #expect(refused.count == BoundaryCheck.maximumViolations)
        let duration = ContinuousClock.now - started
        // Unoptimised, and beside other tests; what ships takes a hundredth. Filling and parsing each pattern for each rule
        // would take minutes.
        #expect(duration < .seconds(25))
    }

    @Test("a boundary with as many patterns as a list may have is read in the time of a blink, too")
    func manyPatterns() throws {
        let boundary = IdentityBoundary.sample(namespaces: ["shop", "farm"]) { spec in
            spec.vault?.names = []
            spec.vault?.paths = (0..<512).map {
                .init(path: "secret/data/{namespace}/\($0)/*", capabilities: ["read"])
            }
        }
        let started = ContinuousClock.now
        #expect(BoundarySet.violations(of: boundary, settings: settings) == nil)
        // As above. To look for what every two of them have in common would take minutes.
        #expect(ContinuousClock.now - started < .seconds(25))
    }

    @Test("what cannot be told any more is refused all the same")
    func manyViolations() throws {
        let refusal = Admission.binding(
            Self.worst, subject: .serviceAccounts(["web"]),
            boundary: try .sample([.sample { $0.vault?.paths = [] }]), settings: settings)
        guard case .failure(let refusal) = refusal else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.violations.violations.count < 1_000)
        #expect(refusal.message.utf8.count < 1_200)
    }

    @Test("an entry of which one capability of several is outside is told by its own field")
    func fields() throws {
        let boundary = IdentityBoundary.sample {
            $0.vault?.paths = [
                .init(path: "secret/data/shop/*", capabilities: ["read"]),
                .init(path: "secret/data/shop/a", capabilities: ["update"]),
            ]
        }
        let binding = VaultRoleBinding.sample { spec in
            spec.access = Access(
                kv: [KVAccess(path: "shop/b", permissions: ["Read"])],
                rules: [
                    AccessRule(path: "secret/data/shop/a", capabilities: ["read", "update"]),
                    AccessRule(path: "secret/data/shop/b", capabilities: ["read"]),
                    AccessRule(path: "secret/data/shop/c", capabilities: ["read", "update"]),
                    AccessRule(path: "secret/data/shop/c", capabilities: ["delete"]),
                    AccessRule(path: "secret/data/shop/d", capabilities: ["deny"]),
                ])
        }
        let found = try violations(of: binding, under: [boundary])
        #expect(found.map(\.field) == ["spec.access.rules[2].path"])
        #expect(found.first?.requested == "\"secret/data/shop/c\" [update, delete]")
    }

    @Test("what an invalid entry asks for at a path of another one counts as well")
    func invalidEntries() throws {
        let binding = VaultRoleBinding.sample { spec in
            var first = AccessRule(path: "secret/data/shop/a", capabilities: ["read"])
            first.requiredParameters = ["version"]
            spec.access = Access(
                rules: [first, AccessRule(path: "secret/data/shop/a", capabilities: ["list"])])
        }
        // Two conditions for one path are invalid, and the second one is outside, too.
        #expect(try violations(of: binding, under: [.sample()]).first?.requested == "\"secret/data/shop/a\" [list]")
    }

    @Test("what is said twice means what it says once")
    func repetitions() throws {
        func policy(_ permissions: [String]) -> VaultPolicy? {
            let binding = VaultRoleBinding.sample {
                $0.access = Access(kv: [KVAccess(path: "shop/a", permissions: permissions)])
            }
            return try? BindingPlanner.desired(
                for: binding, subject: .serviceAccounts(["web"]), settings: settings
            ).get().policy
        }
        #expect(policy(["Read", "Read", "List", "Read"]) == policy(["Read", "List"]))
        #expect(policy(["Read", "Nothing", "Nothing"]) == nil)
        #expect(policy(["Read"]) != nil)
    }
}
