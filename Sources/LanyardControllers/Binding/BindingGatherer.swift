import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Collects what the plan for a binding depends on: its subject, one read per Vault object, and the ledger.
struct BindingGatherer: Sendable {
    let store: Store<VaultRoleBinding>
    let identities: Store<WorkloadIdentity>
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let boundaries: BoundaryBook

    /// Who gets the access, or why that cannot be said.
    func subject(of binding: VaultRoleBinding) -> Result<SubjectResolution, SubjectProblem> {
        guard let reference = binding.spec.workloadIdentityRef else {
            return .success(.serviceAccounts(binding.spec.serviceAccountNames ?? []))
        }
        let key = ObjectKey(namespace: binding.metadata.namespace, name: reference.name)
        guard let identity = identities.get(key) else {
            return .failure(
                SubjectProblem(.fails(.identityNotFound, "there is no WorkloadIdentity \(reference.name)")))
        }
        if identity.metadata.isBeingDeleted {
            return .failure(
                SubjectProblem(.fails(.identityNotReady, "WorkloadIdentity \(reference.name) is being deleted")))
        }
        // From the spec, not from the status, which tenants may be able to write.
        switch boundaries.admit(identity) {
        case .success(let desired):
            return .success(
                .identity(serviceAccount: desired.serviceAccountName, spiffeID: desired.spiffeID))
        case .failure:
            return .failure(
                SubjectProblem(.fails(.identityNotReady, "WorkloadIdentity \(reference.name) is not accepted")))
        }
    }

    /// Reads all objects of an access at once.
    ///
    /// - Parameter isProven: whether this process saw the binding converged to this access.
    /// - Throws: `VaultError` when the server as a whole is away; what is wrong with one object is in its lookup.
    func facts(
        for binding: VaultRoleBinding, access: DesiredAccess, owner: OwnershipRecord.Owner, isProven: Bool
    ) async throws(VaultError) -> BindingPlan.Facts {
        let held = ledger.paths(of: owner)
        var lookups = try await look(Set(access.objectPaths + access.databaseRoles.compactMap(\.connectionPath)))
        // A role that is to be created may find one of the other kind in its way: they share their names.
        let created = access.databaseRoles.filter { lookups[$0.path] == .found(nil) }
        lookups.merge(try await look(Set(created.map(\.counterpartPath)))) { first, _ in first }
        var claims: [String: ClaimState] = [:]
        for path in access.claimPaths { claims[path] = claimState(of: path, for: binding, owner: owner) }
        return BindingPlan.Facts(
            lookups: lookups, claims: claims, heldPaths: held,
            wasConverged: isProven || binding.claimsToBeSynced(with: access), isProven: isProven,
            orphans: ledger.orphans(of: owner),
            orphanRule: boundaries.effective(inNamespace: binding.metadata.namespace).orphanRule)
    }

    /// - Throws: `VaultError` when the server as a whole is away.
    private func look(_ paths: Set<String>) async throws(VaultError) -> [String: BindingPlan.Lookup] {
        var lookups: [String: BindingPlan.Lookup] = [:]
        for (path, result) in await read(paths.sorted()) {
            switch result {
            case .success(let data): lookups[path] = .found(data)
            case .failure(let error) where error.affectsAll: throw error
            case .failure(let error): lookups[path] = .failed(error.outcome(at: path))
            }
        }
        return lookups
    }

    private func read(_ paths: [String]) async -> [(String, Result<JSONValue?, VaultError>)] {
        await withTaskGroup(of: (String, Result<JSONValue?, VaultError>).self) { group in
            for path in paths {
                group.addTask { (path, await Result.of { () throws(VaultError) in try await vault.read(path) }) }
            }
            var results: [(String, Result<JSONValue?, VaultError>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
    }

    private func claimState(
        of path: String, for binding: VaultRoleBinding, owner: OwnershipRecord.Owner
    ) -> ClaimState {
        if let holder = ledger.holder(of: path) {
            return holder.isSameObject(as: owner) ? .mine : .other("\(holder.kind) \(holder.namespace)/\(holder.name)")
        }
        let older = store.objects(index: BindingIndex.vaultPath, value: path)
            .filter { $0.key != binding.key && Seniority(of: $0.metadata) < Seniority(of: binding.metadata) }
            // A name that a binding must not have is nobody's obstacle; nor is one that nobody can have yet, as it is not
            // known who: the boundary may tie the name to the ServiceAccount.
            .filter { older in
                guard case .success(let subject) = subject(of: older) else { return false }
                return (try? boundaries.admit(older, subject: subject).get()) != nil
            }
            .min { Seniority(of: $0.metadata) < Seniority(of: $1.metadata) }
        return older.map { .awaited(by: "\(VaultRoleBinding.descriptor.kind) \($0.key)") } ?? .unclaimed
    }
}

/// Why it cannot be said who gets the access.
struct SubjectProblem: Error {
    /// What `IdentityResolved` says.
    let outcome: ConditionOutcome

    init(_ outcome: ConditionOutcome) { self.outcome = outcome }
}

extension VaultError {
    /// Whether no object can be expected to fare better.
    var affectsAll: Bool {
        switch code {
        case .sealed, .unavailable, .rateLimited, .loginFailed, .fenced, .cancelled: true
        case .permissionDenied, .mountMissing, .rejected, .checkAndSetFailed, .malformedAnswer: false
        }
    }

    /// How a condition says this of one object.
    func outcome(at path: String) -> ConditionOutcome {
        ConditionOutcome(outcome.status, outcome.reason, "\(path): \(outcome.message)")
    }
}
