package import LanyardAPI

/// What is to be done about the entries of one identity: a set that should be against a set that is (rule order-7).
package struct IdentityPlan: Equatable, Sendable {
    /// One entry that may need something.
    package struct Step: Equatable, Sendable {
        /// The entry that should be, with what it is for.
        package var desired: DesiredEntry
        /// The entry as the server has it.
        package var actual: RegistrationEntry?
        /// What is done about the difference.
        package var action: EntryAction
        /// Somebody else's entry that goes at the same moment, as its tuple is wanted.
        package var takesOver: RegistrationEntry?
    }

    /// The entries that were not known to be right before this pass, by ID in order.
    package var steps: [Step]
    /// IDs of our entries that must not stay, whatever becomes of the others, in order.
    package var withdrawals: [String]
    /// IDs of our entries for what is gone, in order. They go after the steps, whatever becomes of those.
    package var deletions: [String]
    /// IDs of our entries of a former spec, in order. They go when every step succeeded: until the new ones serve the
    /// workloads, these do.
    package var replaced: [String]
    /// Whether an entry of somebody else that has what is wanted may be taken over.
    package var adopts = false

    /// What is known of one entry that should be.
    package struct Candidate: Equatable, Sendable {
        /// The entry that should be, with what it is for.
        package var desired: DesiredEntry
        /// The entry with its ID; nil only when the server has none.
        package var actual: RegistrationEntry?
        /// What the entry was when this process last saw it right; nil when it never did.
        package var confirmed: EntryFingerprint?
        /// An older identity that wants the same tuple.
        package var olderClaimant: String?
        /// An entry with another ID that has the desired tuple.
        package var foreignSimilar: RegistrationEntry?
        /// Why it is not made yet.
        package var refusal: String?

        /// Gathers what is known.
        package init(
            desired: DesiredEntry, actual: RegistrationEntry? = nil, confirmed: EntryFingerprint? = nil,
            olderClaimant: String? = nil, foreignSimilar: RegistrationEntry? = nil
        ) {
            self.desired = desired
            self.actual = actual
            self.confirmed = confirmed
            self.olderClaimant = olderClaimant
            self.foreignSimilar = foreignSimilar
        }
    }

    /// What was found out about the generation of the spec that is planned.
    package struct Generation: Equatable, Sendable {
        /// This process has seen all entries right for it.
        package var convergedBefore: Bool
        /// The stored status says that it is synced. A tenant may be able to write status; all that this can do is to call a
        /// correction drift: a difference stands only where this process itself has seen that all was right.
        package var statusClaimsSynced: Bool
        /// IDs of entries for nodes and pods that were there in an earlier pass for it.
        package var servedBefore: Set<String>

        /// What this process knows, and what the stored status says.
        package init(convergedBefore: Bool, statusClaimsSynced: Bool, servedBefore: Set<String> = []) {
            self.convergedBefore = convergedBefore
            self.statusClaimsSynced = statusClaimsSynced
            self.servedBefore = servedBefore
        }
    }

    /// Decides about each entry, and about those that are too many.
    ///
    /// - Parameters:
    ///   - candidates: the entries that should be and are not known to be right.
    ///   - wanted: what should be, all of it.
    ///   - existing: IDs of all entries that were made for this identity, as far as known.
    ///   - gone: IDs of those among them whose node or pod is not there any more.
    ///   - adopts: whether an entry of somebody else that has what is wanted may be taken over.
    ///   - generation: what was found out about the spec's generation.
    package static func make(
        candidates: [Candidate], wanted: DesiredEntries, existing: Set<String>, gone: Set<String> = [],
        driftPolicy: DriftPolicy, adopts: Bool = false, generation: Generation
    ) -> IdentityPlan {
        let steps = candidates.map { candidate in
            let taken = candidate.foreignSimilar.flatMap { adopts && !EntryName.isLanyards($0.id) ? $0 : nil }
            let action =
                candidate.refusal.map { EntryAction.conflict(message: $0) }
                ?? EntryAction.make(
                    desired: candidate.desired.entry,
                    driftPolicy: generation.convergedBefore ? driftPolicy : .correct, actual: candidate.actual,
                    olderClaimant: candidate.olderClaimant,
                    foreignSimilar: taken == nil ? candidate.foreignSimilar : nil,
                    isDrift: candidate.isDrift(in: generation))
            return Step(
                desired: candidate.desired, actual: candidate.actual, action: action,
                takesOver: action.writes ? taken : nil)
        }
        let waiting = wanted.withheld.filter(\.keepsExisting)
        let forbidden = wanted.forbidden
        let kept = wanted.ids.union(waiting.map(\.id)).union(forbidden)
        let unwanted = existing.subtracting(kept)
        // What this very spec had a reason for and has none any more serves nobody (rule own-38); nor does what has lost its node
        // or pod, whichever spec it was made for (rule spire-26).
        let idle =
            generation.convergedBefore ? unwanted : unwanted.intersection(generation.servedBefore.union(gone))
        return IdentityPlan(
            steps: steps.sorted { $0.desired.entry.id < $1.desired.entry.id },
            withdrawals: existing.intersection(forbidden).sorted(),
            deletions: idle.sorted(),
            // What a former placement left serves the pods whose own entries cannot be made yet.
            replaced: waiting.isEmpty ? unwanted.subtracting(idle).sorted() : [], adopts: adopts)
    }

    /// Whether carrying it out writes to SPIRE.
    package var writes: Bool {
        !withdrawals.isEmpty || !deletions.isEmpty || !replaced.isEmpty || steps.contains { $0.action.writes }
    }
}

extension IdentityPlan.Candidate {
    /// Whether a difference is somebody else's doing: the spec has not changed since all was right, and the entry has. A
    /// difference without that comes from a pod's labels, or from a bundle that has arrived.
    fileprivate func isDrift(in generation: IdentityPlan.Generation) -> Bool {
        guard generation.convergedBefore || generation.statusClaimsSynced else { return false }
        if let confirmed { return actual.map(EntryFingerprint.init) != confirmed }
        // This process knows nothing of it. The entry of a cluster was there if the status says so; a node or pod may be new.
        return actual != nil || desired.node == nil
    }
}

extension EntryAction {
    /// Whether carrying it out writes to SPIRE.
    package var writes: Bool {
        switch self {
        case .create, .update: true
        case .reportDrift, .none, .conflict: false
        }
    }
}
