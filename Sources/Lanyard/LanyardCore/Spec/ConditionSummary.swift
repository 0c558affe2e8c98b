package import KubernetesModel
package import LanyardAPI

/// Makes the full list of conditions of an object from what its parts came to.
package enum ConditionSummary {
    /// Adds `Ready`, `Reconciling` and `Stalled` to the parts and stamps everything.
    ///
    /// `Ready` is true when all parts are, and otherwise says what the first one that is not says. `Reconciling` and
    /// `Stalled` follow kstatus: present only while true, never both.
    ///
    /// - Parameters:
    ///   - parts: condition types with their outcomes, in the order of their importance.
    ///   - readyMessage: what `Ready=True` says.
    ///   - generation: the generation that was looked at.
    ///   - previous: the conditions that are stored; parts that are not in `parts` are kept from there.
    ///   - now: RFC 3339 time for transitions.
    package static func conditions(
        parts: [(type: String, outcome: ConditionOutcome)], readyMessage: String, generation: Int64?,
        previous: [Condition], now: String
    ) -> [Condition] {
        let failing = parts.first { !$0.outcome.isTrue }?.outcome
        var outcomes: [(type: String, outcome: ConditionOutcome)] = [
            (
                ConditionType.ready,
                failing.map { ConditionOutcome.fails($0.reason, $0.message) } ?? .holds(.ready, readyMessage)
            )
        ]
        outcomes += parts
        if let failing {
            if failing.reason.needsIntervention {
                outcomes.append((ConditionType.stalled, .holds(failing.reason, failing.message)))
            } else {
                outcomes.append((ConditionType.reconciling, .holds(.retrying, failing.message)))
            }
        }
        var conditions = outcomes.map { part in
            Condition(
                type: part.type, status: part.outcome.status, reason: part.outcome.reason.rawValue,
                message: bounded(part.outcome.message), observedGeneration: generation)
        }
        // What was found out earlier and not looked at now stays, with the generation it was found at.
        conditions += previous.filter { old in
            !Self.summaries.contains(old.type) && conditions.condition(old.type) == nil
        }
        return sorted(conditions, as: previous).keepingTransitionTimes(of: previous, now: now)
    }

    /// The conditions of an object that its author paused: what was found out before stays, with the generation that it
    /// was found at, but for `Ready`: nobody looks, so nobody knows.
    ///
    /// - Parameters:
    ///   - isBeingDeleted: whether its deletion waits for the pause to end.
    ///   - previous: the conditions that are stored.
    ///   - now: RFC 3339 time for transitions.
    package static func paused(isBeingDeleted: Bool, previous: [Condition], now: String) -> [Condition] {
        let annotation = "paused by the annotation \(LanyardGroup.pausedAnnotation)"
        let message =
            isBeingDeleted
            ? "\(annotation): the deletion waits until it goes, and what was made stays meanwhile"
            : "\(annotation): nothing is looked at and nothing is touched until it goes; the other conditions say what "
                + "was seen before"
        let ready = Condition(
            type: ConditionType.ready, status: .unknown, reason: Reason.paused.rawValue, message: message,
            observedGeneration: previous.condition(ConditionType.ready)?.observedGeneration)
        // Nothing is tried, and nothing is stuck.
        let kept = previous.filter { !summaries.contains($0.type) }
        return sorted([ready] + kept, as: previous).keepingTransitionTimes(of: previous, now: now)
    }

    private static let summaries: Set<String> = [
        ConditionType.ready, ConditionType.reconciling, ConditionType.stalled,
    ]

    /// The conditions in the order in which they are stored, new ones last: server-side apply keeps that order, so in
    /// any other one an unchanged status would differ from the stored one at each pass.
    private static func sorted(_ conditions: [Condition], as previous: [Condition]) -> [Condition] {
        let positions = Dictionary(
            previous.enumerated().map { ($1.type, $0) }, uniquingKeysWith: { first, _ in first })
        return conditions.enumerated()
            .map { (rank: (positions[$1.type] ?? previous.count, $0), condition: $1) }
            .sorted { $0.rank < $1.rank }
            .map(\.condition)
    }

    /// Kubernetes allows 32 768 code points in a message; nobody reads more than this.
    private static func bounded(_ message: String) -> String {
        let scalars = message.unicodeScalars
        guard scalars.count > 1024 else { return message }
        return String(String.UnicodeScalarView(scalars.prefix(1023))) + "…"
    }
}

extension ConditionedResource {
    /// The status of an object that its author paused; what was found out before stays.
    package func pausedStatus(now: String) -> Status {
        var paused = status ?? Status()
        paused.conditions = ConditionSummary.paused(
            isBeingDeleted: metadata.isBeingDeleted, previous: paused.conditions ?? [], now: now)
        return paused
    }
}

extension Reason {
    /// Whether somebody has to do something before this can get better (kstatus `Stalled`); otherwise time heals it.
    package var needsIntervention: Bool {
        switch self {
        case .invalidSpec, .outsideBoundary, .conflict, .driftDetected, .rejected, .permissionDenied, .mountMissing,
            .connectionMissing, .roleNotAllowedByConnection, .templateMissing, .secretMissing, .needsRecreate,
            .parentNotFound, .agentIDMismatch, .mountMismatch, .mountUnconfigured, .targetMissing, .mountInUse:
            true
        case .ready, .accepted, .synced, .pending, .federatedBundleMissing, .spireUnavailable, .resolved,
            .noLiveAgents, .unknown, .identityNotFound, .identityNotReady, .vaultSealed, .vaultUnavailable,
            .rateLimited, .timedOut, .retrying, .paused, .deleted:
            false
        }
    }

    /// Whether it is the normal course of things and no news: it waits for another part of the same object, or was deleted
    /// with it.
    package var isExpected: Bool { self == .pending || self == .deleted }
}
