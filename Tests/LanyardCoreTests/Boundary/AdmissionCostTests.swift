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

@Suite("Objects that are too large")
struct LargeObjectTests {
    private func binding(
        _ leftOut: Set<Omission>, _ change: (inout VaultRoleBindingSpec) -> Void = { _ in }
    )
        -> VaultRoleBinding
    {
        var binding = VaultRoleBinding.sample(change)
        binding.metadata.leftOut = leftOut
        return binding
    }

    private func refusal(
        of binding: VaultRoleBinding, onViolation: IdentityBoundarySpec.OnViolation = .retain
    ) throws -> Refusal? {
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = onViolation }])
        let result = Admission.binding(
            binding, subject: .serviceAccounts(["web"]), boundary: boundary, settings: try .sample())
        if case .failure(let refusal) = result { return refusal }
        return nil
    }

    @Test("a spec of which only a part was read is invalid, and nothing is said of that part")
    func spec() throws {
        let large = try refusal(of: binding([.spec, .status]) { $0.serviceAccountNames = nil })
        #expect(large?.reason == .invalidSpec)
        #expect(large?.message == "spec: must not be larger than 128 KiB as JSON")
        let crowded = try refusal(of: binding([.namespaceShare]))
        #expect(
            crowded?.message.hasPrefix("spec: is not read, as the VaultRoleBinding objects of its namespace") == true)
        #expect(crowded?.message.contains("8 MiB") == true)
        #expect(try refusal(of: binding([.status])) == nil)
    }

    @Test("who makes a spec too large to be judged keeps nothing that a boundary withdraws")
    func withdrawal() throws {
        #expect(try refusal(of: binding([.spec]))?.withdraws == false)
        #expect(try refusal(of: binding([.spec]), onViolation: .withdraw)?.withdraws == true)
        // That others of the namespace are large is no fault of this one.
        #expect(try refusal(of: binding([.namespaceShare]), onViolation: .withdraw)?.withdraws == false)
    }

    @Test("too many finalizers are told, and what is asked for is judged all the same")
    func finalizers() throws {
        let allowed = try refusal(of: binding([.finalizers]), onViolation: .withdraw)
        #expect(allowed?.message == "metadata.finalizers: must not be larger than 8 KiB")
        #expect(allowed?.withdraws == false)
        let outside = try refusal(of: binding([.finalizers]) { $0.roleName = "admin" }, onViolation: .withdraw)
        #expect(outside?.withdraws == true)
    }

    @Test("identities likewise")
    func identities() throws {
        var identity = WorkloadIdentity.sample()
        identity.metadata.leftOut = [.spec]
        let boundary = try EffectiveBoundary.sample([.sample { $0.onViolation = .withdraw }])
        guard case .failure(let refusal) = Admission.identity(identity, boundary: boundary, settings: try .sample())
        else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.message == "spec: must not be larger than 128 KiB as JSON")
        #expect(refusal.withdraws)
    }
}
