import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Collects what the plan for a binding depends on: its subject, one read per Vault object, and the ledger.
struct BindingGatherer: Sendable {
    /// How many reads of one pass are under way at once (rule fail-19).
    private static let readsAtOnce = 4

    /// What a read of a path came to.
    typealias Reading = (String, Result<JSONValue?, VaultError>)

    let store: Store<VaultRoleBinding>
    let identities: Store<WorkloadIdentity>
    let states: IdentityStates
    let vault: PolicyListing
    /// Reads of the configurations of connections, which passes of many bindings decide by.
    let connections: FreshReads
    let ledger: OwnershipLedger
    let boundaries: BoundaryBook

    /// Who gets the access, or why that cannot be said.
    ///
    /// - Parameter inputs: what was read for it; what the caches say when nil.
    func subject(
        of binding: VaultRoleBinding, given inputs: LiveInputs? = nil
    ) -> Result<SubjectResolution, SubjectProblem> {
        guard let reference = binding.spec.workloadIdentityRef else {
            return .success(.serviceAccounts(binding.spec.serviceAccountNames ?? []))
        }
        guard let identity = identity(of: binding, given: inputs) else {
            return .failure(
                SubjectProblem(
                    .fails(
                        .identityNotFound, "there is no WorkloadIdentity \(reference.name); \(SubjectProblem.access)")))
        }
        if identity.metadata.isBeingDeleted {
            return .failure(
                SubjectProblem(
                    .fails(
                        .identityNotReady,
                        "WorkloadIdentity \(reference.name) is being deleted; \(SubjectProblem.access)")))
        }
        // From the spec, not from the status, which tenants may be able to write.
        switch boundaries.admit(identity, within: inputs?.boundary) {
        case .success(let desired):
            return .success(
                .identity(serviceAccount: desired.serviceAccountName, spiffeID: desired.spiffeID))
        case .failure:
            return .failure(
                SubjectProblem(.fails(.identityNotReady, "WorkloadIdentity \(reference.name) is not accepted")))
        }
    }

    /// Reads all objects of an access, a few at once, and decides nothing: the binding need not be known alive yet.
    func read(_ access: DesiredAccess) async -> [Reading] {
        // A static role is given its user for good, so its connection is looked at anew.
        let decisive = access.databaseRoles.filter { $0.userClaim != nil }.compactMap(\.connectionPath)
        let connections = Set(access.databaseRoles.compactMap(\.connectionPath)).subtracting(decisive)
        return await read(paths(of: access), policy: access.policyPath, shared: connections)
    }

    /// What is read for an access first of all. A database role that nobody has is to be made, as far as is known, and may find
    /// one of the other kind in its way: they share their names.
    private func paths(of access: DesiredAccess) -> [String] {
        let new = access.databaseRoles.filter { ledger.holder(of: $0.path) == nil }
        let paths = access.objectPaths + access.databaseRoles.compactMap(\.connectionPath) + new.map(\.counterpartPath)
        return Set(paths).sorted()
    }

    /// What the plan for a binding depends on.
    ///
    /// - Parameters:
    ///   - readings: of the access, a moment ago.
    ///   - digest: of the access.
    ///   - namespaceUID: the UID of the binding's namespace.
    ///   - orphanRule: what becomes of what is not wanted any more and was to stay.
    /// - Throws: `VaultError` when the server as a whole is away; what is wrong with one object is in its lookup.
    func facts(
        for binding: VaultRoleBinding, access: DesiredAccess, readings: [Reading], digest: String?,
        owner: OwnershipRecord.Owner, namespaceUID: String?, orphanRule: BindingPlan.OrphanRule
    ) async throws(VaultError) -> BindingPlan.Facts {
        let held = ledger.paths(of: owner)
        var lookups = try look(at: readings)
        let created = access.databaseRoles.filter { lookups[$0.path] == .found(nil) }
        // One that was there and is gone.
        let unseen = Set(created.map(\.counterpartPath)).subtracting(lookups.keys)
        if !unseen.isEmpty { lookups.merge(try look(at: await read(unseen.sorted()))) { first, _ in first } }
        let excess = HoldingLimit.refusal(of: access, holding: held, lookups: lookups)
        var claims: [String: ClaimState] = [:]
        for path in access.claimPaths {
            claims[path] = await claimState(
                of: path, for: binding, owner: owner, namespaceUID: namespaceUID, excess: excess)
        }
        for path in created.map(\.counterpartPath) where ledger.isHeld(path, byNoneBut: owner) { claims[path] = .mine }
        return BindingPlan.Facts(
            lookups: lookups, claims: claims, heldPaths: held,
            wasConverged: ledger.isConverged(owner, to: digest),
            orphans: ledger.orphans(of: owner), orphanRule: orphanRule)
    }

    /// What there is of the objects that a binding holds.
    ///
    /// - Returns: their `data` by path, and those that could not be read, in order.
    /// - Throws: `VaultError` when the server as a whole is away.
    func standing(at held: [String]) async throws(VaultError) -> (objects: [String: JSONValue], unread: [ReadFailure]) {
        var objects: [String: JSONValue] = [:]
        var unread: [ReadFailure] = []
        for (path, result) in await read(held.filter { VaultObjectKind(path: $0) != nil }.sorted()) {
            switch result {
            case .success(let data): objects[path] = data
            case .failure(let error) where error.affectsAll: throw error
            // The mount is gone, and everything in it.
            case .failure(let error) where error.code == .mountMissing: continue
            case .failure(let error): unread.append(ReadFailure(path: path, error: error))
            }
        }
        return (objects, unread)
    }

    /// - Throws: `VaultError` when the server as a whole is away.
    private func look(at readings: [Reading]) throws(VaultError) -> [String: ObjectLookup] {
        var lookups: [String: ObjectLookup] = [:]
        for (path, result) in readings { lookups[path] = try ObjectLookup(result, at: path) }
        return lookups
    }

    /// A few at a time: one binding with many roles leaves room for the reads of others.
    ///
    /// - Parameters:
    ///   - policy: the path that a listing may stand for.
    ///   - shared: those that other passes read as well.
    private func read(_ paths: [String], policy: String? = nil, shared: Set<String> = []) async -> [Reading] {
        await withTaskGroup(of: Reading.self) { group in
            var results: [Reading] = []
            for (index, path) in paths.enumerated() {
                if index >= Self.readsAtOnce, let result = await group.next() { results.append(result) }
                let (isPolicy, isShared) = (path == policy, shared.contains(path))
                group.addTask {
                    let result = await Result.of { () async throws(VaultError) -> JSONValue? in
                        if isPolicy { return try await vault.policy(at: path) }
                        return try await isShared ? connections.read(path) : vault.read(path)
                    }
                    return (path, result)
                }
            }
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
    }

    /// - Parameter excess: why the binding gets nothing that it does not hold; nil when it does.
    private func claimState(
        of path: String, for binding: VaultRoleBinding, owner: OwnershipRecord.Owner, namespaceUID: String?,
        excess: String?
    ) async -> ClaimState {
        if let claim = ledger.claimState(of: path, for: owner) { return claim }
        if let reason = reservation(of: path, against: binding, namespaceUID: namespaceUID) { return .reserved(reason) }
        let reason = excess ?? shortage(of: path, for: owner, namespaceUID: namespaceUID) ?? brake(on: owner.namespace)
        if let reason { return .reserved(reason) }
        let rival = await rival(of: binding, for: path)
        return rival.map { .awaited(by: "\(VaultRoleBinding.descriptor.kind) \($0.key)") } ?? .unclaimed
    }

    /// Why a name is not for this binding yet, since tokens of whoever had it may live; nil when it is.
    func reservation(
        of path: String, against binding: VaultRoleBinding, namespaceUID: String?
    ) -> String? {
        guard
            let (former, tombstone) = ledger.tombstone(
                on: path, for: OwnershipRecord.Owner(of: binding), namespaceUID: namespaceUID)
        else { return nil }
        let had = "was that of \(former.kind) \(former.namespace)/\(former.name)"
        guard let until = tombstone.until else {
            return
                "\(had), whose tokens do not end by themselves: it is free for another namespace when they are revoked "
                + "and OwnershipRecord \(OwnershipLedger.recordName(of: former)) says so no more"
        }
        return "\(had), whose tokens may live until \(until): it is free for another namespace then"
    }

    /// Why an owner gets no further name of a policy yet, which would be kept for a while when it gives that up; nil when it
    /// does.
    private func shortage(
        of path: String, for owner: OwnershipRecord.Owner, namespaceUID: String?
    ) -> String? {
        guard !ledger.hasRoom(for: path, of: owner, namespaceUID: namespaceUID) else { return nil }
        return
            "has to wait: \(OwnershipRecord.Tombstone.limit) names of policies that bindings of namespace "
            + "\(owner.namespace) have given up are kept already, each until its last token has ended"
    }

    /// Why a namespace gets nothing new, as it has abandoned too much; nil when it does.
    private func brake(on namespace: String) -> String? {
        AbandonmentBrake.refusal(
            holders: ledger.claimingCount(inNamespace: namespace),
            objects: store.population(of: namespace, index: BindingIndex.namespace),
            kind: VaultRoleBinding.descriptor.kind, namespace: namespace)
    }
}

/// An object that could not be looked at.
struct ReadFailure: Error {
    let path: String
    let error: VaultError

    /// How a condition says this.
    var outcome: ConditionOutcome { error.outcome(at: path) }
}

/// Why it cannot be said who gets the access.
struct SubjectProblem: Error {
    /// What `IdentityResolved` says.
    let outcome: ConditionOutcome
    /// Whether it is over in a moment, so that nothing is said of it.
    let isPassing: Bool
    /// Whether there is an identity which may have what the binding asks for, as far as it goes.
    let keepsLogins: Bool
    /// What people who cut a workload off by deleting its identity have to know.
    static let access = "access that was given stays until the binding is deleted"

    init(_ outcome: ConditionOutcome, isPassing: Bool = false, keepsLogins: Bool = false) {
        self.outcome = outcome
        self.isPassing = isPassing
        self.keepsLogins = keepsLogins
    }
}
