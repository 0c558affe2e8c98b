package import LanyardAPI

/// What is to be done about one entry of an identity; of an object of Vault that is `VaultObjectAction`.
package enum EntryAction: Equatable, Sendable {
    /// There is none: create it. Drift if there had been one.
    case create(isDrift: Bool)
    /// It differs in these fields: write them. Drift if nobody asked for the difference.
    case update(fields: Set<EntryField>, isDrift: Bool)
    /// It was changed by hand in these fields, or deleted if there are none, and the author wants to be told only.
    case reportDrift(fields: Set<EntryField>)
    /// It is as it should be.
    case none
    /// Somebody else has this SPIFFE ID with this parent and these selectors: touch nothing.
    case conflict(message: String)

    /// Decides from what the server has, and from who else wants the same (rule drift-8).
    ///
    /// - Parameters:
    ///   - desired: what should be.
    ///   - driftPolicy: what happens to changes by hand.
    ///   - actual: the entry with the desired ID; nil only when the server says that there is none.
    ///   - olderClaimant: the key of an older identity that wants the same tuple of SPIFFE ID, parent and selectors.
    ///   - foreignSimilar: an entry with another ID that has the desired tuple.
    ///   - isDrift: nobody asked for a difference, if there is one.
    package static func make(
        desired: RegistrationEntry, driftPolicy: DriftPolicy, actual: RegistrationEntry?, olderClaimant: String?,
        foreignSimilar: RegistrationEntry?, isDrift: Bool
    ) -> EntryAction {
        if let olderClaimant {
            return .conflict(
                message: "WorkloadIdentity \(olderClaimant) is older and has the same SPIFFE ID, parent and selectors")
        }
        let similar = foreignSimilar.flatMap { $0.tuple == desired.tuple ? $0 : nil }
        let ours = similar.flatMap { $0.id == desired.id ? $0 : nil }
        let holder = ours == nil ? similar : nil
        let reportsOnly = isDrift && driftPolicy == .report
        guard let actual = actual ?? ours else {
            if reportsOnly { return .reportDrift(fields: []) }
            return holder.map { conflict(with: $0) } ?? .create(isDrift: isDrift)
        }
        let fields = EntryComparison.differences(desired: desired, actual: actual)
        if fields.isEmpty { return .none }
        if reportsOnly { return .reportDrift(fields: fields) }
        if let holder, actual.tuple != desired.tuple { return conflict(with: holder) }
        return .update(fields: fields, isDrift: isDrift)
    }

    private static func conflict(with holder: RegistrationEntry) -> EntryAction {
        .conflict(message: conflictMessage(holder: holder))
    }

    /// What is said of an entry that has the tuple which one of ours is to have, and what its owner can do about it.
    package static func conflictMessage(holder: RegistrationEntry) -> String {
        let message =
            "entry \(Excerpt.quoting(holder.id, limit: 255)) has the same SPIFFE ID, parent and selectors, and does not "
            + "belong to this identity"
        return EntryName.isLanyards(holder.id)
            ? message
            : "\(message); the annotation \(LanyardGroup.adoptAnnotation): \"true\" takes it over, where a boundary allows "
                + "adoption"
    }
}
