import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import TestSupport
import VaultTesting

/// One seeded history: random edits, deletions, foreign acts, faults and restarts; then rest, then an empty cluster.
struct History {
    let seed: UInt64
    private(set) var trace: [String] = []

    private var random: SplitMix64
    private let world: SimulatedWorld
    private let events = RecordedEvents()
    private var invariants: Invariants
    private var process: SimulatedProcess
    /// What caches may still believe, oldest first; the last one is up to date.
    private var views: [ClusterView] = []
    /// Vault objects that somebody else wrote where nothing was claimed, as they were left.
    private var foreign: [String: JSONValue] = [:]
    private var cacheLag = 0
    private var pods = SimulatedPods()
    /// Entries that somebody else made, as they were left.
    private var foreignEntries: [String: RegistrationEntry] = [:]

    init(seed: UInt64) async throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        world = try SimulatedWorld(seed: seed)
        invariants = Invariants(settings: world.settings)
        process = try await SimulatedProcess(in: world, seeing: try await world.view(), events: events)
        for path in world.vault.paths { foreign[path] = world.vault.peek(path) }
        try await refresh()
    }

    /// Runs the history; throws at the first broken invariant.
    mutating func run(steps: Int) async throws {
        for _ in 0..<steps { try await step() }
        try await settle()
        try await removeEverything()
    }

    // MARK: - Steps

    private mutating func step() async throws {
        switch Int.random(in: 0..<15, using: &random) {
        case 0, 1: try await editIdentity()
        case 2, 3: try await editBinding()
        case 4: try await meddle()
        case 5 where random.once(in: 2): try await editTemplate()
        case 5 where random.once(in: 3): try await restart()
        case 6, 7: trace.append(pods.churn(using: &random))
        case 8: try await passTime()
        default: try await reconcileOne(withFaults: true)
        }
        try await checkForeign()
    }

    private mutating func reconcileOne(withFaults: Bool) async throws {
        let known = try view(lag: cacheLag)
        guard !known.targets.isEmpty else { return }
        let target = random.once(in: 8) ? .verification : random.pick(known.targets)
        if random.once(in: 2) { pods.fill(process.placement) }
        if withFaults, random.once(in: 3) {
            let fault = random.pick(FaultInjector.Fault.allCases)
            let calls = Int.random(in: 0..<14, using: &random)
            trace.append("fault \(fault) after \(calls) calls")
            process.faults.arm(fault, afterCalls: calls)
        }
        try await pass(over: target, seeing: known)
        if cacheLag > 0, random.once(in: 2) { cacheLag -= 1 }
    }

    /// One pass, with the invariants before and after it.
    private mutating func pass(over target: Target, seeing known: ClusterView) async throws {
        process.see(known)
        let before = try await world.external()
        let stale = known.resourceVersion != views.last?.resourceVersion
        let error = await process.reconcile(target)
        let died = process.faults.disarm()
        if target == .verification, error == nil { invariants.unseen = [] }
        trace.append("reconcile \(target)\(stale ? " (stale)" : "")\(died ? ": died" : error.map { ": \($0)" } ?? "")")
        let after = try await world.external()
        // Whoever writes an entry has read all of it before.
        invariants.unseen.subtract(after.changedEntries(since: before))
        try await refresh()
        let live = try view(lag: 0)
        try invariants.check(
            pass: target, before: before, after: after, live: live, pods: pods, known: process.placement,
            stale: stale || died,
            reported: !(error is KubernetesError))
        try invariants.checkSecrets(live, events: events)
        try invariants.checkTokens(after: after, now: world.clock.wallTime.secondsSince1970)
        if died { try await restart() }
    }

    private mutating func restart() async throws {
        // The cache of another replica may be behind what the last one had seen and done.
        cacheLag = Int.random(in: 0..<3, using: &random)
        let knownPods = process.placement
        process = try await SimulatedProcess(in: world, seeing: try view(lag: cacheLag), events: events)
        invariants.unseen = []
        // So may what it knows of pods; it has caught up when time has passed.
        for node in knownPods.cache.nodes.all { process.placement.cache.nodes.apply(.upsert(node)) }
        for pod in knownPods.cache.pods.all { process.placement.cache.pods.apply(.upsert(pod)) }
        trace.append("restart, cache \(cacheLag) changes behind")
    }

    /// A minute goes by, in which every cache catches up.
    private mutating func passTime() async throws {
        pods.fill(process.placement)
        world.clock.advance(by: .seconds(61))
        trace.append("a minute goes by")
    }

    // MARK: - Acts of others

    /// A name whose entries have shortened IDs.
    private static let longName = String(repeating: "long-", count: 50) + "app"

    private mutating func editIdentity() async throws {
        let key = ObjectKey(
            namespace: random.pick(["a", "b"]), name: random.pick(["web", "api", "web", "api", Self.longName]))
        let spec = SimulatedSpecs.identity(using: &random)
        if let existing = try await world.api.get(WorkloadIdentity.self, key) {
            if random.once(in: 3) {
                trace.append("delete wid \(key)")
                try await world.api.delete(WorkloadIdentity.self, key, uid: existing.metadata.uid)
            } else if !existing.metadata.isBeingDeleted {
                trace.append("edit wid \(key)")
                _ = try await world.api.patch(
                    WorkloadIdentity.self, key,
                    JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: spec))]))
            }
        } else {
            trace.append("create wid \(key)")
            _ = try await world.api.create(
                WorkloadIdentity(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec))
        }
        try await refresh()
    }

    private mutating func editBinding() async throws {
        let key = ObjectKey(namespace: random.pick(["a", "b"]), name: random.pick(["web", "api"]))
        let spec = SimulatedSpecs.binding(using: &random)
        if let existing = try await world.api.get(VaultRoleBinding.self, key) {
            if random.once(in: 3) {
                trace.append("delete vrb \(key)")
                try await world.api.delete(VaultRoleBinding.self, key, uid: existing.metadata.uid)
            } else if !existing.metadata.isBeingDeleted {
                trace.append("edit vrb \(key)")
                _ = try await world.api.patch(
                    VaultRoleBinding.self, key,
                    JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: spec))]))
            }
        } else {
            trace.append("create vrb \(key)")
            _ = try await world.api.create(
                VaultRoleBinding(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec))
        }
        try await refresh()
    }

    private mutating func editTemplate() async throws {
        let key = ObjectKey(namespace: nil, name: "readwrite")
        let spec = SimulatedSpecs.template(using: &random)
        if let existing = try await world.api.get(DatabaseRoleTemplate.self, key) {
            if random.once(in: 4) {
                trace.append("delete dbt")
                try await world.api.delete(DatabaseRoleTemplate.self, key, uid: existing.metadata.uid)
            } else {
                trace.append("edit dbt")
                _ = try await world.api.patch(
                    DatabaseRoleTemplate.self, key,
                    JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: spec))]))
            }
        } else {
            trace.append("create dbt")
            _ = try await world.api.create(DatabaseRoleTemplate(metadata: ObjectMeta(name: key.name), spec: spec))
        }
        try await refresh()
    }

    /// Somebody works in Vault or SPIRE by hand.
    private mutating func meddle() async throws {
        let external = try await world.external()
        switch Int.random(in: 0..<9, using: &random) {
        case 7: try await meddleWithEntries()
        case 8:
            let name = random.pick(["one.example", "two.example"])
            trace.append("bundle of \(name)")
            world.registry.withDatastore { _ = $0.federatedBundles.insert(name) }
        case 5:
            let path = "auth/jwt/role/\(random.pick(["shared", "shared-two", "unrelated"]))"
            await write(
                path,
                [
                    "role_type": "jwt", "user_claim": "sub", "bound_subject": "spiffe://sim.example/foreign",
                    "bound_audiences": ["foreign"],
                ], external)
        case 0:
            let path = "sys/policies/acl/\(random.pick(["shared", "shared-two", "other-policy", "unrelated"]))"
            await write(path, ["policy": "path \"secret/data/foreign\" { capabilities = [\"read\"] }"], external)
        case 1:
            let path = "auth/kubernetes/role/\(random.pick(["shared", "shared-two", "unrelated"]))"
            await write(
                path,
                [
                    "bound_service_account_names": ["foreign"], "bound_service_account_namespaces": ["foreign"],
                    "token_policies": ["foreign"],
                ], external)
        case 2:
            guard
                let path = external.objects.keys.sorted().filter({ !$0.contains("/config/") }).randomElement(
                    using: &random)
            else { return }
            trace.append("foreign delete \(path)")
            world.vault.foreignDelete(path)
            foreign[path] = nil
        case 3:
            guard
                let entry = external.entries.values.filter({ foreignEntries[$0.id] == nil })
                    .sorted(by: { $0.id < $1.id }).randomElement(using: &random)
            else {
                return
            }
            trace.append("foreign delete of entry \(entry.id)")
            try await world.registry.delete(id: entry.id)
            invariants.unseen.insert(entry.id)
        case 4:
            guard
                var entry = external.entries.values.filter({ foreignEntries[$0.id] == nil })
                    .sorted(by: { $0.id < $1.id }).randomElement(using: &random)
            else {
                return
            }
            trace.append("foreign change of entry \(entry.id)")
            entry.x509SVIDTTL = 42
            _ = try await world.registry.update(entry, fields: [.x509SVIDTTL])
            invariants.unseen.insert(entry.id)
        default:
            world.vault.isSealed.toggle()
            trace.append(world.vault.isSealed ? "seal" : "unseal")
        }
    }

    /// Somebody else makes an entry for a workload that Lanyard may want, too, or takes it away.
    private mutating func meddleWithEntries() async throws {
        let key = ObjectKey(namespace: random.pick(["a", "b"]), name: random.pick(["web", "api"]))
        let id = "by-hand-\(key.namespace ?? "")-\(key.name)"
        if foreignEntries.removeValue(forKey: id) != nil {
            trace.append("foreign entry \(id) goes")
            try await world.registry.delete(id: id)
            return
        }
        var identity = WorkloadIdentity(metadata: ObjectMeta(name: key.name, namespace: key.namespace))
        identity.spec.serviceAccountName = "web"
        guard case .success(let desired) = invariants.admission.admit(identity),
            var entry = desired.entries().entries.first?.entry
        else { return }
        entry.id = id
        guard case .created = try await world.registry.create(entry) else { return }
        trace.append("foreign entry \(id)")
        foreignEntries[id] = try await world.registry.entry(id: id)
    }

    private mutating func write(_ path: String, _ body: JSONValue, _ external: ExternalState) async {
        trace.append("foreign write \(path)")
        world.vault.foreignWrite(path, body)
        if external.holder(of: path) == nil { foreign[path] = world.vault.peek(path) }
    }

    /// What others made is as they left it.
    private func checkForeign() async throws {
        for (path, left) in foreign where world.vault.peek(path) != left {
            throw Invariants.Violation(description: "(2) the foreign \(path) was touched")
        }
        for (id, left) in foreignEntries {
            let now = try await world.registry.entry(id: id)
            guard now == left else {
                throw Invariants.Violation(description: "(2) the foreign entry \(id) was touched")
            }
        }
    }

    // MARK: - The end

    /// After the last fault everything converges, and then nothing is written any more.
    private mutating func settle() async throws {
        world.vault.isSealed = false
        world.registry.withDatastore { $0.federatedBundles = ["one.example", "two.example"] }
        cacheLag = 0
        try await restart()
        cacheLag = 0
        // The sweep looks again an interval later.
        world.clock.advance(by: .seconds(600))
        var calm = 0
        for round in 0..<20 where calm < 2 {
            let before = (try await world.external(), try view(lag: 0), world.vault.writeCount)
            trace.append("round \(round)")
            try await passTime()
            try await pass(over: .verification, seeing: try view(lag: 0))
            for target in before.1.targets { try await pass(over: target, seeing: try view(lag: 0)) }
            let after = (try await world.external(), try view(lag: 0), world.vault.writeCount)
            calm = before.0 == after.0 && before.1 == after.1 && before.2 == after.2 ? calm + 1 : 0
        }
        guard calm >= 2 else { throw Invariants.Violation(description: "(9) no rest after 20 rounds") }
        try checkConvergence(try view(lag: 0))
    }

    /// Every accepted object is ready, or says what is in its way.
    private func checkConvergence(_ live: ClusterView) throws {
        let excuses: Set<String> = [
            "Conflict", "DriftDetected", "ConnectionMissing", "RoleNotAllowedByConnection", "IdentityNotFound",
            "IdentityNotReady", "InvalidSpec", "Rejected", "TemplateMissing", "NeedsRecreate", "ParentNotFound",
        ]
        let all =
            live.identities.map { ("wid \($0.key)", $0.metadata, $0.status?.conditions) }
            + live.bindings.map { ("vrb \($0.key)", $0.metadata, $0.status?.conditions) }
        for (name, metadata, conditions) in all {
            if metadata.isBeingDeleted { throw Invariants.Violation(description: "\(name) was not let go") }
            guard let ready = conditions?.condition("Ready"), ready.observedGeneration == metadata.generation else {
                throw Invariants.Violation(description: "\(name) says nothing of its generation")
            }
            if ready.status == .no, !excuses.contains(ready.reason) {
                throw Invariants.Violation(description: "\(name) is not ready: \(ready.reason): \(ready.message)")
            }
        }
    }

    /// When all resources are deleted, everything that was made for them is gone, and nothing else.
    private mutating func removeEverything() async throws {
        for identity in try view(lag: 0).identities {
            try await world.api.delete(WorkloadIdentity.self, identity.key, uid: identity.metadata.uid)
        }
        for binding in try view(lag: 0).bindings {
            try await world.api.delete(VaultRoleBinding.self, binding.key, uid: binding.metadata.uid)
        }
        try await refresh()
        for target in try view(lag: 0).targets { try await pass(over: target, seeing: try view(lag: 0)) }
        let rest = try await world.external()
        if !(try view(lag: 0).targets.isEmpty) { throw Invariants.Violation(description: "objects were not let go") }
        if rest.records.contains(where: { !$0.spec.claims.isEmpty }) {
            throw Invariants.Violation(description: "records are left over")
        }
        if let id = rest.entries.keys.sorted().first(where: { foreignEntries[$0] == nil }) {
            throw Invariants.Violation(description: "entry \(id) is left over")
        }
        if Set(rest.objects.keys) != Set(foreign.keys) {
            let difference = Set(rest.objects.keys).symmetricDifference(foreign.keys).sorted()
            throw Invariants.Violation(description: "left over or lost in Vault: \(difference)")
        }
        try await checkForeign()
    }

    // MARK: - Caches

    private mutating func refresh() async throws {
        let current = try await world.view()
        if views.last != current { views.append(current) }
        if views.count > 4 { views.removeFirst() }
    }

    private func view(lag: Int) throws -> ClusterView {
        guard let view = views.dropLast(min(lag, views.count - 1)).last else {
            throw Invariants.Violation(description: "no view")
        }
        return view
    }
}
