import KubernetesModel
package import LanyardAPI
import Synchronization

/// What claims say beside their path: from which source an object was written, and which mount was made under a claim.
extension OwnershipLedger {
    /// The claims that an owner holds, sorted by path.
    package func claims(of owner: OwnershipRecord.Owner) -> [OwnershipRecord.Claim] {
        record(of: owner)?.spec.claims ?? []
    }

    /// Claims paths for an owner together with the digests of their sources, in one write, before it returns: a claim
    /// never stands without the digest that belongs to it.
    ///
    /// - Parameter digests: by path; for paths that are claimed now. Claims that stand already keep theirs.
    /// - Returns: the paths that somebody else holds; those are not claimed.
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then nothing new is claimed.
    package func claim(
        _ paths: [String], digests: [String: String], for owner: OwnershipRecord.Owner
    ) async throws -> [String: OwnershipRecord.Owner] {
        let (reserved, held) = index.withLock { $0.reserve(paths, for: owner) }
        defer { index.withLock { $0.cancelReservations(reserved, of: owner) } }
        let record = record(of: owner)
        if record == nil, reserved.isEmpty { return held }
        let claims = reserved.map {
            OwnershipRecord.Claim(path: $0, claimedAt: clock.wallTime.rfc3339, sourceDigest: digests[$0])
        }
        try await store(owner: owner, over: record) { $0.claims += claims }
        return held
    }

    /// Changes what the claim of a path says; a path that the owner does not hold stays as it is.
    ///
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then the claim is as it was.
    package func note(
        _ path: String, of owner: OwnershipRecord.Owner, _ change: (inout OwnershipRecord.Claim) -> Void
    ) async throws {
        guard let record = record(of: owner) else { return }
        let claims = record.spec.claims.map { claim in
            var claim = claim
            if claim.path == path { change(&claim) }
            return claim
        }
        try await store(owner: owner, over: record) { $0.claims = claims }
    }
}
