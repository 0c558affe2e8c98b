import KubernetesModel
import LanyardAPI
import LanyardCore

/// What an identity has of an earlier one of its name.
extension IdentityReconciler {
    /// Makes entries that were, or may have been, an earlier identity's the own ones of an accepted heir that wants them as they are: from then on
    /// they are judged like all that it has, whatever becomes of its spec and of this process (rule own-37).
    ///
    /// Changed in place, as a restored cluster has thousands at once: while they were deleted and made anew, a server that looked
    /// would serve none of them for seconds. And in the entry, as all that the object says is its author's to write.
    ///
    /// - Throws: `StaleObject`, `KubernetesError`.
    func takeOver(_ wanted: [DesiredEntry], by heir: WorkloadIdentity) async throws {
        guard let made = heir.metadata.createdAt else { return }
        // By SPIRE's word, however little it is: once our finalizer is gone, no difference of clocks counts (rule own-41).
        let former = inventory.inherited(wanted, at: made)
        guard !former.isEmpty else { return }
        let settled = settled(former)
        let entries = former.map(\.entry).filter { settled.contains($0.id) }
        guard !entries.isEmpty else { return }
        try await reporter.ensureLive(heir)
        await applier.mark(entries.map { HeirMark.applied(to: $0, createdAt: made) }, for: heir)
    }
}

extension RegistrationEntry {
    /// Whether an object has it of an earlier one of its name, whose author did not leave it behind on purpose.
    func isInherited(by object: ObjectMeta) -> Bool { !OrphanMark.isOn(self) && object.isYounger(than: ownedSince) }
}

extension ObjectMeta {
    /// How far the clocks of SPIRE and of the API server may be apart, in seconds.
    private static let clockDifference: Int64 = 300

    /// Whether an entry was there before the object was made. What is an accepted object's own says so (rule own-41), so where
    /// our finalizer is missing the times need not be far apart; a tenant who puts it there by hand keeps what was made in the
    /// five minutes before.
    ///
    /// - Parameter ownedSince: of the entry; 0 if that is not known.
    func isYounger(than ownedSince: Int64) -> Bool {
        guard let createdAt, ownedSince > 0 else { return false }
        return ownedSince < createdAt - (hasCleanupFinalizer ? Self.clockDifference : 0)
    }
}
