package import LanyardAPI

/// What is to be done about one Vault object.
package enum ObjectAction: Equatable, Sendable {
    /// It is claimed and as wanted.
    case none
    /// Claim it if it is not claimed, then create it. `isDrift`: it had been there and was deleted by hand.
    case create(isDrift: Bool)
    /// It is as wanted but unclaimed: only claim it.
    case claim
    /// Write it. `isDrift`: it was changed by hand; otherwise the resource changed.
    case update(differences: [FieldDifference], isDrift: Bool)
    /// It was changed by hand, and the author only wants to be told.
    case reportDrift(String)
    /// It belongs to somebody else: leave it alone.
    case conflict(String)
}

/// Decides about one Vault object by the ownership rules of DESIGN §3.2 and the drift rules of §3.3.
package enum ObjectPlanner {
    /// Decides.
    ///
    /// - Parameters:
    ///   - name: the object, for messages: `policy web`.
    ///   - presence: what a read found.
    ///   - claim: who owns the path.
    ///   - driftPolicy: what the author wants done about changes by hand.
    ///   - wasConverged: whether this generation of the resource was converged before, so that a difference is drift.
    package static func action(
        name: String, presence: ObjectPresence, claim: ClaimState, driftPolicy: DriftPolicy, wasConverged: Bool
    ) -> ObjectAction {
        switch (claim, presence) {
        case (.other(let owner), _):
            .conflict("\(name) is owned by \(owner)")
        case (.awaited(let owner), _):
            .conflict("\(name) is also wanted by \(owner), which is older")
        case (.unclaimed, .absent):
            .create(isDrift: false)
        case (.unclaimed, .present(let differences)) where differences.isEmpty:
            .claim
        case (.unclaimed, .present):
            .conflict("\(name) exists and was not made by Lanyard")
        case (.mine, .absent) where wasConverged && driftPolicy == .report:
            .reportDrift("\(name) was deleted")
        case (.mine, .absent):
            .create(isDrift: wasConverged)
        case (.mine, .present(let differences)) where differences.isEmpty:
            .none
        case (.mine, .present(let differences)) where wasConverged && driftPolicy == .report:
            .reportDrift("\(name): \(FieldDifference.summary(differences))")
        case (.mine, .present(let differences)):
            .update(differences: differences, isDrift: wasConverged)
        }
    }
}
