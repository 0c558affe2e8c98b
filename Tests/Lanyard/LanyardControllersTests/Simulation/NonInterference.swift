import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardCore
import SPIREClient
import SPIREEmulator
import Synchronization
import TestSupport
import VaultTesting

@testable import LanyardControllers

/// One seeded history in which the tenant of `evil` does anything to its own resources, status and finalizers included,
/// while the platform changes its boundary and the templates, caches lag behind, and servers are slow or fail; the tenant of
/// `good` does nothing.
struct NonInterference {
    private(set) var trace: [String] = []
    private(set) var tally = InterferenceTally()

    private static let evil = "evil", good = "good"
    private var random: SplitMix64
    private let world: SimulatedWorld
    private let events = RecordedEvents()
    private var process: SimulatedProcess
    private let entryChanges = Counter()
    private var untouched = ExternalState(entries: [:], objects: [:], records: [])
    private var others = Resources()
    private var lookedAt = LookedAt()
    /// What caches may still believe, oldest first; the last one is up to date.
    private var views: [ClusterView] = []
    /// What the tenant may at present, and what the operator knows of it.
    private var boundary = EvilBoundary(), knownBoundary = EvilBoundary()
    private var knownEvents = 0

    /// The other tenant's own.
    private struct Resources: Equatable {
        var identities: [WorkloadIdentity] = []
        var bindings: [VaultRoleBinding] = []
    }

    /// How far everything was looked at: what has not changed since is not looked at again.
    private struct LookedAt {
        var view: ClusterView?
        var vaultChanges = -1
        var entryChanges = -1
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        var count: Int { value.withLock { $0 } }

        func increment() { value.withLock { $0 += 1 } }
    }

    init(seed: UInt64) async throws {
        random = SplitMix64(seed: seed)
        world = try SimulatedWorld(seed: seed)
        process = try await Self.start(in: world, under: boundary, events: events)
        world.registry.withDatastore { [entryChanges] in $0.commit = { _ in entryChanges.increment() } }
        try await settleTheOthers()
    }

    private static func start(
        in world: SimulatedWorld, under boundary: EvilBoundary, events: RecordedEvents
    ) async throws -> SimulatedProcess {
        let process = try await SimulatedProcess(in: world, seeing: try await world.view(), events: events)
        process.boundaries.set([boundary.object, .ofTenant(good)])
        process.placement.add(node: "node")
        // What the tenant's pods are called, and their labels, is the tenant's to choose.
        for (index, team) in ["good", "web", "web.good"].enumerated() {
            for account in ["one", "two", "app", "web"] {
                process.placement.add(
                    pod: "\(account)-\(index)", in: evil, account: account, on: "node", labels: ["team": team])
            }
        }
        return process
    }

    /// The other tenant's and the platform's objects, all in place.
    private mutating func settleTheOthers() async throws {
        world.vault.foreignWrite("sys/policies/acl/platform", ["policy": "path \"kv/*\" { capabilities = [\"read\"] }"])
        world.vault.foreignWrite(
            "auth/kubernetes/role/platform",
            ["bound_service_account_names": ["x"], "bound_service_account_namespaces": ["x"]])
        let metadata = ObjectMeta(name: "web", namespace: Self.good)
        _ = try await world.api.create(WorkloadIdentity(metadata: metadata))
        var spec = VaultRoleBindingSpec()
        spec.workloadIdentityRef = .init(name: "web")
        spec.roleName = "good-role"
        spec.access = Access(kv: [KVAccess(path: "good/*", permissions: ["Read"])])
        var role = DatabaseRole(name: "main")
        role.vaultName = "good-role"
        role.connection = "good"
        role.statements = .init(creation: ["CREATE ROLE good"])
        spec.databaseRoles = [role]
        _ = try await world.api.create(VaultRoleBinding(metadata: metadata, spec: spec))
        for _ in 0..<2 {
            for target in try await view().targets { try await pass(target) }
        }
        untouched = try await world.external()
        others = Self.resourcesOfOthers(in: try await view())
        tally = InterferenceTally()
    }

    /// Runs the history.
    ///
    /// - Throws: `Invariants.Violation` at the first trace of interference.
    mutating func run(steps: Int) async throws {
        for _ in 0..<steps {
            try await step()
            try await check()
        }
        try await settle()
    }

    /// The platform has its last word, and everything is caught up with: what then counts as in order is inside the boundary that
    /// holds, not only inside one that held once.
    private mutating func settle() async throws {
        boundary = EvilBoundary.any(using: &random)
        boundary.onViolation = .withdraw
        boundary.allowsPause = false
        trace.append("settles: \(boundary)")
        see(boundary)
        views = [try await view()]
        for _ in 0..<2 {
            for target in try await view().targets {
                try await pass(target)
                try await check()
            }
        }
        try await checkReadyLogins()
    }

    /// The cluster as it is.
    private mutating func view() async throws -> ClusterView {
        let version = world.api.resourceVersion
        if let known = lookedAt.view, known.resourceVersion == version { return known }
        let view = ClusterView(
            identities: try await world.api.list(WorkloadIdentity.self).items,
            bindings: try await world.api.list(VaultRoleBinding.self).items,
            templates: try await world.api.list(DatabaseRoleTemplate.self).items, resourceVersion: version)
        lookedAt.view = view
        views = views.suffix(3) + [view]
        return view
    }

    /// Lets the operator know of a boundary.
    private mutating func see(_ boundary: EvilBoundary) {
        knownBoundary = boundary
        process.boundaries.set([boundary.object, .ofTenant(Self.good)])
    }

    private mutating func step() async throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: try await act(WorkloadIdentity.self, TenantSpecs.identity(using: &random))
        case 2, 3: try await act(VaultRoleBinding.self, TenantSpecs.binding(using: &random))
        case 4: try await forge()
        case 5 where random.once(in: 3):
            process = try await Self.start(in: world, under: knownBoundary, events: events)
            trace.append("restart")
        case 6 where random.once(in: 2):
            boundary = EvilBoundary.any(using: &random)
            trace.append("boundary \(boundary)")
        case 7 where random.once(in: 2): try await editTemplate()
        default:
            // Now and then over what the others have: they are not the ones that change.
            let targets = try await view().targets
            let own = targets.filter { $0.namespace == Self.evil }
            let target = random.pick(own.isEmpty || random.once(in: 6) ? targets : own)
            try await pass(target, isDisturbed: target.namespace == Self.evil && random.once(in: 4))
        }
        // Watches bring what changed, sooner or later.
        if random.once(in: 2) { see(boundary) }
    }

    /// - Parameter isDisturbed: whether the caches are behind, and a call is slow, fails, or is the last of the process.
    private mutating func pass(_ target: Target, isDisturbed: Bool = false) async throws {
        let current = try await view()
        process.see(isDisturbed ? random.pick(views) : current)
        if isDisturbed {
            let fault = random.pick(FaultInjector.Fault.allCases)
            let calls = Int.random(in: 0..<14, using: &random)
            trace.append("fault \(fault) after \(calls) calls")
            process.faults.arm(fault, afterCalls: calls)
        }
        let writes = world.vault.writeCount + entryChanges.count
        let error = await process.reconcile(target)
        let died = process.faults.disarm()
        tally.note(
            pass: target, in: try await view(), writes: world.vault.writeCount + entryChanges.count - writes,
            namespace: Self.evil, isDisturbed: isDisturbed)
        trace.append("reconcile \(target)\(died ? ": died" : error.map { ": \($0)" } ?? "")")
        if died { process = try await Self.start(in: world, under: knownBoundary, events: events) }
        if !isDisturbed { try await checkDrift(after: target, error) }
    }

    /// Nobody works by hand in these histories: nothing is drift, whatever the status says, and what a boundary caps is capped
    /// as soon as a pass has come to its end.
    private mutating func checkDrift(after target: Target, _ error: (any Error)?) async throws {
        let all = events.all
        let drift: Set<String> = ["DriftDetected", "DriftCorrected"]
        for event in all.dropFirst(knownEvents)
        where drift.contains(event.reason) && event.regarding.kind == VaultRoleBinding.descriptor.kind {
            throw Invariants.Violation(description: "\(event.reason) of what nobody touched: \(event.note)")
        }
        knownEvents = all.count
        guard case .binding(let key) = target, error == nil, key.namespace == Self.evil,
            let binding = try await view().bindings.first(where: { $0.key == key }),
            !binding.metadata.isBeingDeleted, binding.metadata.annotations?["lanyard.dev/paused"] == nil,
            binding.status?.conditions?.isReady(at: binding.metadata.generation) == true
        else { return }
        let records = try await world.api.list(OwnershipRecord.self, namespace: SimulatedWorld.operatorNamespace).items
        let own = records.filter { $0.spec.owner.namespace == key.namespace && $0.spec.owner.name == key.name }
        let longest = knownBoundary.maxTokenTTL
        for claim in own.flatMap(\.spec.claims) where claim.path.hasPrefix("auth/") {
            // A claim may be stored of a role that was not made yet, and then waits for its identity.
            guard let role = world.vault.peek(claim.path) else { continue }
            guard (role["token_max_ttl"]?.integer ?? .max) <= longest else {
                throw Invariants.Violation(description: "\(claim.path) gives tokens longer than \(longest) s")
            }
        }
    }

    // MARK: - The platform

    private mutating func editTemplate() async throws {
        let key = ObjectKey(namespace: nil, name: random.pick(["readonly", "readonly", "readgood", "owner"]))
        let spec = TenantSpecs.template(key.name, using: &random)
        guard let existing = try await world.api.get(DatabaseRoleTemplate.self, key) else {
            trace.append("create dbt \(key)")
            _ = try await world.api.create(
                DatabaseRoleTemplate(metadata: ObjectMeta(name: key.name), spec: spec))
            return
        }
        if random.once(in: 3) {
            trace.append("delete dbt \(key)")
            try await world.api.delete(DatabaseRoleTemplate.self, key, uid: existing.metadata.uid)
        } else {
            trace.append("edit dbt \(key) \(spec.connections ?? [])")
            _ = try await world.api.patch(
                DatabaseRoleTemplate.self, key,
                JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: spec))]))
        }
    }

    // MARK: - The tenant

    private mutating func act<Object: KubernetesResource>(
        _ type: Object.Type, _ spec: some Encodable
    ) async throws {
        tally.acts += 1
        let key = ObjectKey(namespace: Self.evil, name: random.pick(["one", "two", "good-role"]))
        let spec = try JSONValue(encoding: spec)
        trace.append("tenant \(Object.descriptor.kind) \(key) \(spec)")
        guard let existing = try await world.api.get(type, key) else {
            let body: JSONValue = [
                "apiVersion": .string(Object.descriptor.apiVersion), "kind": .string(Object.descriptor.kind),
                "metadata": ["name": .string(key.name), "namespace": .string(Self.evil)], "spec": spec,
            ]
            _ = try await world.api.create(try body.decoded(as: type))
            return
        }
        if random.once(in: 4) {
            try await world.api.delete(type, key, uid: existing.metadata.uid)
        } else if !existing.metadata.isBeingDeleted {
            _ = try await world.api.patch(type, key, JSONPatch([.replace(path: "/spec", value: spec)]))
        }
    }

    /// Status, finalizers and annotations of its own objects.
    private mutating func forge() async throws {
        let own = try await view().bindings.filter { $0.metadata.namespace == Self.evil }
        guard let binding = own.randomElement(using: &random) else { return }
        tally.acts += 1
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            trace.append("tenant takes the finalizer off \(binding.key)")
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, binding.key, ["metadata": ["finalizers": .array([])]])
        case 1:
            trace.append("tenant annotates \(binding.key)")
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, binding.key,
                ["metadata": ["annotations": ["lanyard.dev/paused": "true", "lanyard.dev/adopt": "true"]]])
        case 2:
            try await forgeStatus(
                of: binding,
                [
                    "spiffeID": "spiffe://sim.example/ns/good/sa/web", "serviceAccounts": ["web"],
                    "vault": [
                        "policy": "sys/policies/acl/good-role", "kubernetesRole": "auth/kubernetes/role/platform",
                    ],
                ])
        default:
            // All is as declared, it says, whatever was changed last.
            var status = VaultRoleBindingStatus()
            status.observedGeneration = binding.metadata.generation
            status.serviceAccounts = binding.spec.serviceAccountNames ?? ["app"]
            status.conditions = ["Ready", "Accepted", "PolicySynced", "AuthRolesSynced", "DatabaseRolesSynced"].map {
                Condition(
                    type: $0, status: .yes, reason: "Synced", message: "",
                    observedGeneration: binding.metadata.generation, lastTransitionTime: "2026-01-01T00:00:00Z")
            }
            try await forgeStatus(of: binding, JSONValue(encoding: status))
        }
    }

    private mutating func forgeStatus(of binding: VaultRoleBinding, _ status: JSONValue) async throws {
        trace.append("tenant forges the status of \(binding.key)")
        // As a merge patch does it, over what the operator wrote.
        _ = try await world.api.mergePatch(
            VaultRoleBinding.self, binding.key, ["status": status], subresource: "status")
    }

    // MARK: - What must hold

    private mutating func check() async throws {
        let view = try await view()
        guard Self.resourcesOfOthers(in: view) == others else {
            throw Invariants.Violation(description: "resources of others changed")
        }
        tally.comparisons += others.identities.count + others.bindings.count
        if lookedAt.vaultChanges != world.vault.writeCount {
            lookedAt.vaultChanges = world.vault.writeCount
            try await checkVault()
        }
        if lookedAt.entryChanges != entryChanges.count {
            lookedAt.entryChanges = entryChanges.count
            try await checkEntries()
        }
    }

    private mutating func checkVault() async throws {
        for (path, object) in untouched.objects where world.vault.peek(path) != object {
            throw Invariants.Violation(description: "\(path) of others was touched")
        }
        tally.comparisons += untouched.objects.count
        let now = try await world.external()
        let own = now.objects.filter { untouched.objects[$0.key] == nil }
        let claimed = now.records.filter { $0.spec.owner.namespace == Self.evil }.flatMap(\.spec.claims).map(\.path)
        let ownRoles = Set(claimed).union(own.keys)
        for (path, object) in own { try TenantFence.check(object, at: path, ownRoles: ownRoles) }
        try TenantFence.check(LoginRights.all(ofNamespace: Self.evil, in: now.objects), ownRoles: ownRoles)
    }

    /// What bindings say is ready is inside the boundary that holds.
    private mutating func checkReadyLogins() async throws {
        let now = try await world.external()
        let ready = try await view().bindings.filter { binding in
            binding.metadata.namespace == Self.evil && !binding.metadata.isBeingDeleted
                && (binding.status?.conditions ?? []).isReady(at: binding.metadata.generation)
        }
        let owners = Set(ready.map(\.key))
        let claims = now.records.filter { record in
            owners.contains(ObjectKey(namespace: record.spec.owner.namespace, name: record.spec.owner.name))
        }.flatMap(\.spec.claims).map(\.path)
        let logins = try LoginRights.all(ofNamespace: Self.evil, in: now.objects).filter { claims.contains($0.role) }
        tally.readyLogins += logins.count
        try TenantFence.check(logins, within: boundary, ownRoles: Set(claims))
    }

    private mutating func checkEntries() async throws {
        let now = try await world.entries()
        for (id, entry) in untouched.entries where now[id] != entry {
            throw Invariants.Violation(description: "entry \(id) of others was touched")
        }
        tally.comparisons += untouched.entries.count
        for (id, entry) in now where untouched.entries[id] == nil { try TenantFence.check(entry) }
    }

    private static func resourcesOfOthers(in view: ClusterView) -> Resources {
        Resources(
            identities: view.identities.filter { $0.metadata.namespace == good },
            bindings: view.bindings.filter { $0.metadata.namespace == good })
    }
}
