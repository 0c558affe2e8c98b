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
        _ claim: ClaimState, _ presence: ObjectPresence, _ driftPolicy: DriftPolicy, converged: Bool,
        consent: ObjectPlanner.Consent = .none, recreate: RecreatePolicy = .report
    ) -> VaultObjectAction {
        ObjectPlanner(
            name: "policy web", driftPolicy: driftPolicy, wasConverged: converged, consent: consent,
            recreatePolicy: recreate
        ).action(presence: presence, claim: claim)
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

    @Test("an unclaimed object is created, or left alone, whatever was converged", arguments: circumstances)
    func unclaimed(driftPolicy: DriftPolicy, converged: Bool) {
        #expect(action(.unclaimed, .absent, driftPolicy, converged: converged) == .create(isDrift: false))
        let end = "No boundary allows to take it over (lanyard.dev/adopt)"
        #expect(
            action(.unclaimed, .present(differences: []), driftPolicy, converged: converged)
                == .conflict("policy web exists and was not made by Lanyard; it is as declared. \(end)"))
        // Which fields, but not what somebody else wrote into them.
        #expect(
            action(.unclaimed, .present(differences: Self.differences), driftPolicy, converged: converged)
                == .conflict(
                    "policy web exists and was not made by Lanyard; it differs in audience, token_ttl. \(end)"))
    }

    @Test("who may take an object over is told its values, and how", arguments: circumstances)
    func notAsked(driftPolicy: DriftPolicy, converged: Bool) {
        let end = "To take it over, annotate the resource with lanyard.dev/adopt=true"
        #expect(
            action(.unclaimed, .present(differences: []), driftPolicy, converged: converged, consent: .notAsked)
                == .conflict("policy web exists and was not made by Lanyard; it is as declared. \(end)"))
        #expect(
            action(
                .unclaimed, .present(differences: Self.differences), driftPolicy, converged: converged,
                consent: .notAsked)
                == .conflict(
                    "policy web exists and was not made by Lanyard; audience: \"x\", wanted \"\"; "
                        + "token_ttl: 24h, wanted 1h. \(end)"))
    }

    @Test("what the platform team declares takes what is as declared, and nothing else", arguments: circumstances)
    func ifEqual(driftPolicy: DriftPolicy, converged: Bool) {
        #expect(
            action(.unclaimed, .present(differences: []), driftPolicy, converged: converged, consent: .ifEqual)
                == .claim)
        let differing = action(
            .unclaimed, .present(differences: Self.differences), driftPolicy, converged: converged, consent: .ifEqual)
        guard case .conflict = differing else {
            Issue.record("\(differing)")
            return
        }
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
                == .reportDrift(
                    "policy web: audience: \"x\", wanted \"\"; token_ttl: 24h, wanted 1h",
                    differences: Self.differences))
    }

    @Test("an own object that is gone is made again, or its lack is reported")
    func gone() {
        #expect(action(.mine, .absent, .correct, converged: false) == .create(isDrift: false))
        #expect(action(.mine, .absent, .correct, converged: true) == .create(isDrift: true))
        #expect(action(.mine, .absent, .report, converged: false) == .create(isDrift: false))
        #expect(
            action(.mine, .absent, .report, converged: true) == .reportDrift("policy web was deleted", differences: []))
    }

    @Test("an object that is there and differs is taken over only if that is allowed", arguments: Self.circumstances)
    func adoption(driftPolicy: DriftPolicy, converged: Bool) {
        let presence = ObjectPresence.present(differences: Self.differences)
        #expect(
            action(.unclaimed, presence, driftPolicy, converged: converged, consent: .given)
                == .adopt(differences: Self.differences))
        #expect(
            action(.unclaimed, .present(differences: []), driftPolicy, converged: converged, consent: .given) == .claim)
        #expect(
            action(.other("x"), presence, driftPolicy, converged: converged, consent: .given)
                == .conflict("policy web is owned by x"))
    }

    @Test("what only a new object would make right is said, and done only if that was asked for")
    func recreation() {
        let presence = ObjectPresence.present(differences: Self.differences, unchangeable: [Self.differences[1]])
        let said = VaultObjectAction.needsRecreate(
            "policy web would have to be made anew: audience: \"x\", wanted \"\"")
        for (driftPolicy, converged) in [(DriftPolicy.correct, false), (.correct, true), (.report, false)] {
            #expect(action(.mine, presence, driftPolicy, converged: converged) == said)
            #expect(
                action(.mine, presence, driftPolicy, converged: converged, recreate: .recreate)
                    == .recreate(differences: Self.differences, isDrift: converged))
        }
        guard case .reportDrift = action(.mine, presence, .report, converged: true, recreate: .recreate) else {
            Issue.record("a drift that is only to be reported leads to another object")
            return
        }
    }

    @Test("what somebody else made is never deleted to be made anew", arguments: [RecreatePolicy.report, .recreate])
    func adoptionByRecreation(policy: RecreatePolicy) {
        let presence = ObjectPresence.present(differences: Self.differences, unchangeable: Self.differences)
        let action = action(.unclaimed, presence, .correct, converged: false, consent: .given, recreate: policy)
        guard case .needsRecreate = action else {
            Issue.record("\(action)")
            return
        }
    }
}
