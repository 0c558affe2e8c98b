package import LanyardAPI
import LanyardCore

/// What an owner was converged to: the one memory of it that nobody else can write, and that outlives the process.
extension OwnershipLedger {
    /// Whether everything that an owner has was last seen in the desired state of this digest, or brought to it. False
    /// for a namesake of another UID.
    package func isConverged(_ owner: OwnershipRecord.Owner, to digest: String?) -> Bool {
        guard let digest, let record = record(of: owner), record.spec.owner == owner else { return false }
        return record.spec.convergedDigest == digest
    }

    /// Notes that everything is in a desired state; nothing is noted of an owner that holds nothing.
    ///
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then the record is as it was.
    package func noteConverged(_ owner: OwnershipRecord.Owner, to digest: String?) async throws {
        guard let record = record(of: owner) else { return }
        try await store(owner: owner, over: record) { $0.convergedDigest = digest }
    }

    /// How long tokens may live that the logins of an owner give out or ever gave out, the longest (see `TokenLife`).
    func tokenLife(of owner: OwnershipRecord.Owner) -> Int {
        let policies = record(of: owner)?.spec.claims.filter { VaultObjectKind(path: $0.path) == .policy } ?? []
        guard let first = policies.first else { return TokenLife.serverDefault }
        return policies.reduce(first.tokenSeconds ?? TokenLife.serverDefault) { TokenLife.longer($0, $1.tokenSeconds) }
    }

    /// Forgets what an owner was converged to, before something else is written or something is deleted; nothing is stored when
    /// nothing is known.
    ///
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`: then the record is as it was.
    package func forgetState(of owner: OwnershipRecord.Owner) async throws {
        try await noteConverged(owner, to: nil)
    }
}
