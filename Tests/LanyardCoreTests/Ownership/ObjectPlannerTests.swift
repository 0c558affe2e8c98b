import LanyardAPI
import LanyardCore
import Testing

@Suite("ObjectPlanner")
struct ObjectPlannerTests {
    private static let differences = [
        FieldDifference(field: "token_ttl", summary: "24h, wanted 1h"),
        FieldDifference(field: "audience", summary: "\"x\", wanted \"\""),
    ]

    private static let presences: [ObjectPresence] = [
        .absent, .present(differences: []), .present(differences: differences),
    ]

    /// Every combination of drift policy and whether this generation was converged.
    private static let circumstances: [(DriftPolicy, Bool)] = [
        (.correct, false), (.correct, true), (.report, false), (.report, true),
    ]

    private func action(
        _ claim: ClaimState, _ presence: ObjectPresence, _ driftPolicy: DriftPolicy, converged: Bool
    ) -> ObjectAction {
        ObjectPlanner.action(
            name: "policy web", presence: presence, claim: claim, driftPolicy: driftPolicy, wasConverged: converged)
    }

    @Test("what somebody else owns is left alone and its owner is named", arguments: presences, circumstances)
    func ownedByOther(presence: ObjectPresence, circumstances: (DriftPolicy, Bool)) {
        #expect(
            action(.other("VaultRoleBinding shop/api"), presence, circumstances.0, converged: circumstances.1)
                == .conflict("policy web is owned by VaultRoleBinding shop/api"))
    }

    @Test("what an older object waits for is left to it, and it is named", arguments: presences, circumstances)
    func awaitedByOlder(presence: ObjectPresence, circumstances: (DriftPolicy, Bool)) {
        #expect(
            action(.awaited(by: "VaultRoleBinding shop/api"), presence, circumstances.0, converged: circumstances.1)
                == .conflict("policy web is also wanted by VaultRoleBinding shop/api, which is older"))
    }

    @Test("an unclaimed object is created, claimed or left alone, whatever was converged", arguments: circumstances)
    func unclaimed(driftPolicy: DriftPolicy, converged: Bool) {
        #expect(action(.unclaimed, .absent, driftPolicy, converged: converged) == .create(isDrift: false))
        #expect(action(.unclaimed, .present(differences: []), driftPolicy, converged: converged) == .claim)
        #expect(
            action(.unclaimed, .present(differences: Self.differences), driftPolicy, converged: converged)
                == .conflict("policy web exists and was not made by Lanyard"))
    }

    @Test("an own object as wanted needs nothing", arguments: circumstances)
    func asWanted(driftPolicy: DriftPolicy, converged: Bool) {
        #expect(action(.mine, .present(differences: []), driftPolicy, converged: converged) == .none)
    }

    @Test("an own object that differs is written, as drift only if it was right before")
    func differs() {
        let presence = ObjectPresence.present(differences: Self.differences)
        #expect(
            action(.mine, presence, .correct, converged: false)
                == .update(differences: Self.differences, isDrift: false))
        #expect(
            action(.mine, presence, .correct, converged: true) == .update(differences: Self.differences, isDrift: true))
        // What the author changed is written also where drift is only reported.
        #expect(
            action(.mine, presence, .report, converged: false) == .update(differences: Self.differences, isDrift: false)
        )
        #expect(
            action(.mine, presence, .report, converged: true)
                == .reportDrift("policy web: audience: \"x\", wanted \"\"; token_ttl: 24h, wanted 1h"))
    }

    @Test("an own object that is gone is made again, or its lack is reported")
    func gone() {
        #expect(action(.mine, .absent, .correct, converged: false) == .create(isDrift: false))
        #expect(action(.mine, .absent, .correct, converged: true) == .create(isDrift: true))
        #expect(action(.mine, .absent, .report, converged: false) == .create(isDrift: false))
        #expect(action(.mine, .absent, .report, converged: true) == .reportDrift("policy web was deleted"))
    }
}
