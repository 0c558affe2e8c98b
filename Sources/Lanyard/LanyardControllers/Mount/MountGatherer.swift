import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient
import VaultClient

/// Collects what the plan for a VaultMount depends on: the listing of mounts, one read per object below, the Secrets and
/// keys that it refers to, and the ledger.
struct MountGatherer: Sendable {
    let store: Store<VaultMount>
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let sources: MountSourceReader
    let keyring: DigestKeyring

    /// What a pass works with. The secret values are for the applier alone: no plan, message or log has them.
    struct Gathered {
        var facts: MountPlan.Facts
        var values: [SecretKey: SecretValue]
        /// Nil when one of the sources could not be read.
        var sources: MountSources?
    }

    /// Reads.
    ///
    /// - Parameter wasConverged: whether the mount was as declared with these sources before.
    /// - Throws: `VaultError` when the server as a whole is away; what is wrong with one object is in its lookup.
    func gather(
        for mount: VaultMount, desired: DesiredMount, owner: OwnershipRecord.Owner,
        wasConverged: (MountSources?) -> Bool
    ) async throws -> Gathered {
        let location = desired.location
        let listing = try await look(location.listingPath)
        var lookups: [String: ObjectLookup] = [:]
        if case .found(let mounts) = listing, mounts?[location.listingKey] != nil {
            for path in desired.readPaths { lookups[path] = try await look(path, after: lookups) }
            while let path = desired.followingReadPath(after: lookups) {
                lookups[path] = try await look(path, after: lookups)
            }
        }
        let keys = desired.secretKeys
        let secrets = try await sources.secrets(Set(keys.map(\.secret)))
        var values: [SecretKey: SecretValue] = [:]
        var secretFacts: [SecretKey: SecretFact] = [:]
        for key in keys { secretFacts[key] = try await fact(key, in: secrets, &values) }
        let trust = desired.needsTrustKeys ? await trustFact() : nil
        var claims: [String: ClaimState] = [:]
        for path in desired.claimPaths { claims[path] = claimState(of: path, for: mount, owner: owner) }
        var state: MountSources?
        switch trust {
        case .found(let keys): state = MountSources(secrets: secrets, trustKeys: keys)
        case nil: state = MountSources(secrets: secrets, trustKeys: nil)
        case .failed: break
        }
        return Gathered(
            facts: MountPlan.Facts(
                listing: listing, lookups: lookups, secrets: secretFacts, trust: trust, claims: claims,
                held: ledger.claims(of: owner), ownerUID: owner.uid, wasConverged: wasConverged(state)),
            values: values, sources: state)
    }

    /// Reads a path, unless something was slow in this pass already.
    ///
    /// - Throws: `VaultError` when the server as a whole is away.
    private func look(
        _ path: String, after lookups: [String: ObjectLookup] = [:]
    ) async throws(VaultError) -> ObjectLookup {
        for case .failed(let outcome) in lookups.values where outcome.reason == .timedOut { return .failed(outcome) }
        return try ObjectLookup(await Result.of { () throws(VaultError) in try await vault.read(path) }, at: path)
    }

    private func fact(
        _ key: SecretKey, in secrets: MountSourceReader.Secrets, _ values: inout [SecretKey: SecretValue]
    ) async throws -> SecretFact {
        switch secrets[key.secret] {
        case .success(let secret):
            guard let value = secret?.data?[key.key], let text = value.exposedText else { return .missing }
            values[key] = value
            let digest: String
            do {
                digest = try await keyring.digest(of: value)
            } catch let error as KubernetesError {
                return .failed(error.outcome("the digest key cannot be used"))
            }
            return .found(digest: digest, text: key.isConfidential ? nil : text)
        case .failure(let error):
            return .failed(error.outcome("Secret \(key.secret) cannot be read"))
        case nil:
            return .missing
        }
    }

    private func trustFact() async -> TrustFact {
        do throws(SPIREError) {
            return .found(try await sources.trustKeys())
        } catch {
            return .failed(error.outcome)
        }
    }

    private func claimState(
        of path: String, for mount: VaultMount, owner: OwnershipRecord.Owner
    ) -> ClaimState {
        if let claim = ledger.claimState(of: path, for: owner) { return claim }
        let older = store.objects(index: MountIndex.vaultPath, value: path)
            .filter { $0.key != mount.key && Seniority(of: $0.metadata) < Seniority(of: mount.metadata) }
            .min { Seniority(of: $0.metadata) < Seniority(of: $1.metadata) }
        return older.map { .awaited(by: "\(VaultMount.descriptor.kind) \($0.key)") } ?? .unclaimed
    }
}

extension KubernetesError {
    /// How a condition says that something of the operator's own namespace cannot be used.
    fileprivate func outcome(_ what: String) -> ConditionOutcome {
        .fails(code == .forbidden ? .permissionDenied : .pending, "\(what): \(message)")
    }
}
