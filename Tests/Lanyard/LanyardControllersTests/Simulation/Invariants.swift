import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient

/// What must hold after every step of a history (the numbers are those of the reliability invariants).
struct Invariants {
    let settings: PlanningSettings
    let admission: PermissiveAdmission
    /// Entries that somebody else changed since the operator last verified all of them, or wrote them itself.
    var unseen: Set<String> = []
    /// By path of a policy and namespace, until when a token may live that has the policy through a login of that namespace.
    private var tokens: [String: [String: Int64]] = [:]

    init(settings: PlanningSettings) {
        self.settings = settings
        admission = PermissiveAdmission(settings: settings)
    }

    /// A broken invariant, for people.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    /// Checks what one pass of the operator over one object did.
    ///
    /// - Parameters:
    ///   - pods: the pods as they are.
    ///   - known: the pods as the operator knows them.
    ///   - stale: whether the pass ran on a cache that was behind; then only what holds regardless is checked.
    ///   - reported: whether the pass could write the object's status.
    func check(
        pass target: Target, before: ExternalState, after: ExternalState, live: ClusterView, pods: SimulatedPods,
        known: TestPlacement, stale: Bool, reported: Bool
    ) throws {
        try checkOwnership(target, before: before, after: after, live: live)
        try checkEntries(target, before: before, after: after, live: live, pods: pods)
        try checkDeletions(target, before: before, after: after, live: live, stale: stale)
        try checkPoliciesOfRoles(before: before, after: after)
        try checkCredentials(after)
        guard !stale else { return }
        try checkAcceptance(target, before: before, after: after, live: live)
        if reported { try checkReadiness(target, after: after, live: live, known: known) }
    }

    /// (2) Nothing is touched without our prefix or a claim of the very object that was worked on.
    private func checkOwnership(
        _ target: Target, before: ExternalState, after: ExternalState, live: ClusterView
    ) throws {
        for id in after.changedEntries(since: before) {
            switch target {
            case .identity(let key) where isOf([key], id): continue
            case .verification where after.entries[id] == nil && !isOf(Set(live.identities.map(\.key)), id): continue
            default: throw Violation(description: "(2) \(target) touched entry \(id)")
            }
        }
        for path in after.changedPaths(since: before) {
            let holder = before.holder(of: path) ?? after.holder(of: path)
            guard case .binding(let key) = target, let holder,
                ObjectKey(namespace: holder.namespace, name: holder.name) == key
            else { throw Violation(description: "(2) \(target) touched \(path), held by \(holder?.name ?? "nobody")") }
        }
        var holders: [String: Int] = [:]
        for claim in after.records.flatMap(\.spec.claims) { holders[claim.path, default: 0] += 1 }
        for (path, count) in holders where count > 1 {
            throw Violation(description: "(2) \(path) is claimed \(count) times")
        }
    }

    /// (3) Something is deleted only for an object that is being deleted or gone, or does not want it any more;
    /// (5) so what is wanted before and after is never absent in between.
    private func checkDeletions(
        _ target: Target, before: ExternalState, after: ExternalState, live: ClusterView, stale: Bool
    ) throws {
        switch target {
        case .identity, .verification:
            return
        case .binding(let key):
            let object = live.bindings.first { $0.key == key }
            guard let object, !object.metadata.isBeingDeleted, !stale else { return }
            let wanted = wantedPaths(of: object)
            // Whoever asks for a role to be made anew asks for it to be gone for a moment.
            if object.spec.databaseRoles?.contains(where: { $0.recreatePolicy == .recreate }) == true { return }
            for path in before.objects.keys.sorted() where after.objects[path] == nil {
                if wanted.isEmpty || wanted.contains(path) {
                    throw Violation(description: "(5) \(path) of the living \(target) was deleted")
                }
            }
        }
    }

    /// (5) An entry that a living identity wants where its pods run is never deleted, and for a refused spec none is.
    private func checkEntries(
        _ target: Target, before: ExternalState, after: ExternalState, live: ClusterView, pods: SimulatedPods
    ) throws {
        guard case .identity(let key) = target, let object = live.identities.first(where: { $0.key == key }),
            !object.metadata.isBeingDeleted
        else { return }
        let deleted = Set(before.entries.keys).subtracting(after.entries.keys)
        switch admission.admit(object) {
        case .failure:
            guard deleted.isEmpty else { throw Violation(description: "(5) entries of the refused \(target) deleted") }
        case .success(let desired):
            let truth = TestPlacement()
            pods.fill(truth)
            let wanted = desired.entries(
                at: truth.cache.facts(serviceAccount: IdentityIndex.serviceAccountValue(of: object)))
            let kept = wanted.entries.map(\.entry.id) + wanted.withheld.map(\.id)
            if let id = deleted.intersection(kept).sorted().first {
                throw Violation(description: "(5) the entry \(id) of the living \(target) was deleted")
            }
        }
    }

    /// (4) No auth role names a policy that a pass of ours has taken away or not made yet.
    private func checkPoliciesOfRoles(before: ExternalState, after: ExternalState) throws {
        for (path, role) in after.objects where path.hasPrefix("auth/") {
            for policy in role["token_policies"]?.array?.compactMap(\.string) ?? [] {
                let policyPath = "sys/policies/acl/\(policy)"
                guard after.objects[policyPath] == nil else { continue }
                if before.objects[policyPath] != nil || before.objects[path] != role {
                    throw Violation(description: "(4) \(path) names the missing policy \(policy)")
                }
            }
        }
    }

    /// (11) A policy gives only credentials of database roles that its own holder holds, whatever names the specs have
    /// and wherever a pass ended. What every login can do follows: it has the policies of its role, and no others.
    private func checkCredentials(_ state: ExternalState) throws {
        for (path, policy) in state.objects where path.hasPrefix("sys/policies/acl/") {
            guard let holder = state.holder(of: path) else { continue }
            for role in try TenantFence.databaseRoles(readableBy: policy) where state.holder(of: role) != holder {
                throw Violation(
                    description: "(11) \(path) of \(holder.namespace)/\(holder.name) gives credentials of \(role), "
                        + "which is \(state.holder(of: role).map { "\($0.namespace)/\($0.name)'s" } ?? "nobody's")")
            }
        }
    }

    /// (12) A policy that one namespace has a say in gives nothing to a token that a login of another one gave out.
    ///
    /// - Parameter now: seconds since 1970.
    mutating func checkTokens(after state: ExternalState, now: Int64) throws {
        for (path, _) in state.objects where path.hasPrefix("sys/policies/acl/") {
            guard let holder = state.holder(of: path) else { continue }
            if let (former, until) = tokens[path]?.first(where: { $0.key != holder.namespace && $0.value > now }) {
                throw Violation(
                    description: "(12) \(path) is \(holder.namespace)'s, and tokens of \(former) have it for "
                        + "\(until - now) s more")
            }
        }
        for (path, role) in state.objects where path.hasPrefix("auth/") {
            guard let holder = state.holder(of: path) else { continue }
            let limit = role["token_max_ttl"]?.integer ?? 0
            let until = now + (limit > 0 ? limit : Int64(TokenLife.serverDefault))
            for policy in role["token_policies"]?.array?.compactMap(\.string) ?? [] {
                // The prefix is the namespace's own, and nobody else can have the name.
                guard !policy.hasPrefix("lanyard.") else { continue }
                let known = tokens["sys/policies/acl/\(policy)"]?[holder.namespace] ?? 0
                tokens["sys/policies/acl/\(policy)", default: [:]][holder.namespace] = max(known, until)
            }
        }
    }

    /// (1) Nothing is written for what is not accepted.
    private func checkAcceptance(
        _ target: Target, before: ExternalState, after: ExternalState, live: ClusterView
    ) throws {
        switch target {
        case .identity(let key):
            guard let object = live.identities.first(where: { $0.key == key }), !object.metadata.isBeingDeleted,
                case .failure = admission.admit(object)
            else { return }
            if after.entries != before.entries { throw Violation(description: "(1) wrote for the refused \(target)") }
        case .verification:
            return
        case .binding(let key):
            guard let object = live.bindings.first(where: { $0.key == key }), !object.metadata.isBeingDeleted,
                wantedPaths(of: object).isEmpty
            else { return }
            if after.objects != before.objects { throw Violation(description: "(1) wrote for the refused \(target)") }
        }
    }

    /// (7) Ready means that everything is as planned; what others do to entries is seen by the next verification.
    private func checkReadiness(
        _ target: Target, after: ExternalState, live: ClusterView, known: TestPlacement
    ) throws {
        switch target {
        case .identity(let key):
            guard let object = live.identities.first(where: { $0.key == key }), !object.metadata.isBeingDeleted,
                (object.status?.conditions ?? []).isReady(at: object.metadata.generation),
                case .success(let desired) = admission.admit(object)
            else { return }
            let facts = known.cache.facts(serviceAccount: IdentityIndex.serviceAccountValue(of: object))
            for wanted in desired.entries(at: facts).entries where !unseen.contains(wanted.entry.id) {
                let actual = after.entries[wanted.entry.id]
                let differences = actual.map { EntryComparison.differences(desired: wanted.entry, actual: $0) }
                if differences?.isEmpty != true {
                    throw Violation(description: "(7) \(target) is Ready, its entry \(wanted.entry.id) is not")
                }
            }
        case .verification:
            return
        case .binding(let key):
            guard let object = live.bindings.first(where: { $0.key == key }), !object.metadata.isBeingDeleted,
                (object.status?.conditions ?? []).isReady(at: object.metadata.generation)
            else { return }
            let paths = wantedPaths(of: object)
            for path in paths where VaultObjectKind(path: path) != nil && after.objects[path] == nil {
                throw Violation(description: "(7) \(target) is Ready without \(path)")
            }
        }
    }

    /// (10) No secret anywhere that people can read.
    func checkSecrets(_ live: ClusterView, events: RecordedEvents) throws {
        for binding in live.bindings {
            let text = String(decoding: try JSON.encode(binding.status), as: UTF8.self)
            if text.contains(SimulatedSpecs.canary) { throw Violation(description: "(10) status of \(binding.key)") }
        }
        for event in events.all where event.note.contains(SimulatedSpecs.canary) {
            throw Violation(description: "(10) event \(event.reason)")
        }
    }

    /// Whether an entry was made for one of these identities.
    private func isOf(_ keys: Set<ObjectKey>, _ id: String) -> Bool {
        EntryOwners(keys: keys, cluster: settings.clusterName).key(of: id) != nil
    }

    /// The Vault paths that a living binding wants; none while its spec is not valid.
    private func wantedPaths(of binding: VaultRoleBinding) -> [String] {
        (try? BindingPlanner.desired(for: binding, subject: nil, settings: settings).get())?.claimPaths ?? []
    }
}

extension [Condition] {
    /// Whether these say that a generation is ready.
    func isReady(at generation: Int64?) -> Bool {
        guard let ready = condition("Ready") else { return false }
        return ready.status == .yes && ready.observedGeneration == generation
    }
}
