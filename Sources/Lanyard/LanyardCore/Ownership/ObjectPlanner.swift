package import LanyardAPI

/// Decides about one Vault object by the rules of ownership (rule own-5) and of drift (rule drift-8).
package struct ObjectPlanner {
    /// The object, for messages: `policy web`.
    let name: String
    /// What the author wants done about changes by hand.
    let driftPolicy: DriftPolicy
    /// Whether this generation of the resource was converged before, so that a difference is drift.
    let wasConverged: Bool
    /// Who lets what exists unowned be taken.
    let consent: Consent
    /// What is done where no write helps.
    let recreatePolicy: RecreatePolicy

    /// Whether an object that nobody claims may be taken. That it is as wanted is no reason: somebody else made it so, for
    /// somebody else, and would lose it with the resource.
    package enum Consent: Equatable, Sendable {
        /// Nobody does, and nobody could.
        case none
        /// The author could ask for it: a boundary allows it.
        case notAsked
        /// What is as wanted is taken, what differs is not: the platform team itself declares it.
        case ifEqual
        /// The author asked for it, and a boundary allows it; or the object itself says that it was made for this resource.
        case given
    }

    /// Plans for one object.
    package init(
        name: String, driftPolicy: DriftPolicy, wasConverged: Bool, consent: Consent = .none,
        recreatePolicy: RecreatePolicy = .report
    ) {
        self.name = name
        self.driftPolicy = driftPolicy
        self.wasConverged = wasConverged
        self.consent = consent
        self.recreatePolicy = recreatePolicy
    }

    /// Ownership comes before drift: what is somebody else's is never looked at further.
    ///
    /// - Parameters:
    ///   - presence: what a read found.
    ///   - claim: who owns the path.
    package func action(presence: ObjectPresence, claim: ClaimState) -> VaultObjectAction {
        switch (claim, presence) {
        case (.other(let owner), _):
            .conflict("\(name) is owned by \(owner)")
        case (.awaited(let owner), _):
            .conflict("\(name) is also wanted by \(owner), which is older")
        case (.reserved(let reason), _):
            .conflict("\(name) \(reason)")
        case (.unclaimed, .absent):
            .create(isDrift: false)
        case (.unclaimed, .present(let differences, let unchangeable)):
            unclaimed(differences, unchangeable)
        case (.mine, .absent) where wasConverged && driftPolicy == .report:
            .reportDrift("\(name) was deleted", differences: [])
        case (.mine, .absent):
            .create(isDrift: wasConverged)
        case (.mine, .present(let differences, let unchangeable)):
            mine(differences, unchangeable)
        }
    }

    private func unclaimed(_ differences: [FieldDifference], _ unchangeable: [FieldDifference]) -> VaultObjectAction {
        if differences.isEmpty, consent == .given || consent == .ifEqual { return .claim }
        guard consent == .given else { return .conflict(stranger(differences)) }
        // What somebody else made is not deleted, whatever the author says.
        return unchangeable.isEmpty ? .adopt(differences: differences) : needsRecreate(unchangeable)
    }

    /// What is said of an object of somebody else's. Its values are for those only who may take it over, and could read them
    /// then; the others learn which fields keep it from being theirs.
    private func stranger(_ differences: [FieldDifference]) -> String {
        if consent == .none {
            let fields = Set(differences.map(\.fieldName)).sorted().joined(separator: ", ")
            let state = differences.isEmpty ? "it is as declared" : "it differs in \(fields)"
            return "\(name) exists and was not made by Lanyard; \(state). No boundary allows to take it over "
                + "(\(LanyardGroup.adoptAnnotation))"
        }
        let state = differences.isEmpty ? "it is as declared" : FieldDifference.summary(differences)
        return "\(name) exists and was not made by Lanyard; \(state). To take it over, annotate the resource with "
            + "\(LanyardGroup.adoptAnnotation)=true"
    }

    private func mine(_ differences: [FieldDifference], _ unchangeable: [FieldDifference]) -> VaultObjectAction {
        if differences.isEmpty { return .none }
        if wasConverged, driftPolicy == .report {
            return .reportDrift("\(name): \(FieldDifference.summary(differences))", differences: differences)
        }
        if unchangeable.isEmpty { return .update(differences: differences, isDrift: wasConverged) }
        guard recreatePolicy == .recreate else { return needsRecreate(unchangeable) }
        return .recreate(differences: differences, isDrift: wasConverged)
    }

    private func needsRecreate(_ unchangeable: [FieldDifference]) -> VaultObjectAction {
        .needsRecreate("\(name) would have to be made anew: \(FieldDifference.summary(unchangeable))")
    }
}
