import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import SPIREEmulator
import Synchronization
import VaultTesting

/// One seeded history in which the tenant of `evil` does anything to its own resources, status and finalizers included,
/// while the tenant of `good` and the platform do nothing.
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
        process = try await Self.start(in: world, events: events)
        world.registry.withDatastore { [entryChanges] in $0.commit = { _ in entryChanges.increment() } }
        try await settleTheOthers()
    }

    private static func start(in world: SimulatedWorld, events: RecordedEvents) async throws -> SimulatedProcess {
        let process = try await SimulatedProcess(in: world, seeing: try await world.view(), events: events)
        process.boundaries.set(boundaries)
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

    /// What both tenants may ask for; the one of `evil` changes now and then.
    private static let boundaries: [IdentityBoundary] = ["evil", "good"].map { namespace in
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: [namespace])
        spec.identity = .init()
        spec.identity?.spiffeIDs = ["/ns/{namespace}/*"]
        spec.vault = .init()
        // The names of the two overlap, as those of "{serviceAccount}" would.
        spec.vault?.names = ["lanyard.{cluster}.{namespace}.*", "good-role", "app"]
        spec.vault?.databases = [
            namespace == "good"
                ? .init(connection: "good", inlineStatements: true)
                : .init(connection: "second", templates: ["read*"], inlineStatements: true, staticUsernames: ["app"])
        ]
        spec.vault?.maxTokenTTL = "24h"
        spec.vault?.paths = [
            .init(path: "secret/data/{namespace}/*", capabilities: ["create", "read", "update"]),
            .init(path: "secret/metadata/{namespace}/*", capabilities: ["read", "list"]),
        ]
        return IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec)
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
        for target in try await view().targets {
            try await pass(target)
            try await check()
        }
    }

    /// The cluster as it is.
    private mutating func view() async throws -> ClusterView {
        let version = world.api.resourceVersion
        if let known = lookedAt.view, known.resourceVersion == version { return known }
        let view = ClusterView(
            identities: try await world.api.list(WorkloadIdentity.self).items,
            bindings: try await world.api.list(VaultRoleBinding.self).items, templates: [], resourceVersion: version)
        lookedAt.view = view
        return view
    }

    private mutating func step() async throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: try await act(WorkloadIdentity.self, TenantSpecs.identity(using: &random))
        case 2, 3: try await act(VaultRoleBinding.self, TenantSpecs.binding(using: &random))
        case 4: try await forge()
        case 5 where random.once(in: 3):
            process = try await Self.start(in: world, events: events)
            trace.append("restart")
        case 6 where random.once(in: 3):
            var boundaries = Self.boundaries
            boundaries[0].spec.onViolation = random.pick([.retain, .withdraw])
            boundaries[0].spec.allowOrphan = random.once(in: 2)
            boundaries[0].spec.allowPause = random.once(in: 2)
            process.boundaries.set(boundaries)
            trace.append("boundary \(boundaries[0].spec.onViolation?.rawValue ?? "")")
        default:
            // Now and then over what the others have: they are not the ones that change.
            let targets = try await view().targets
            let own = targets.filter { $0.namespace == Self.evil }
            try await pass(random.pick(own.isEmpty || random.once(in: 6) ? targets : own))
        }
    }

    private mutating func pass(_ target: Target) async throws {
        process.see(try await view())
        let writes = world.vault.writeCount + entryChanges.count
        let error = await process.reconcile(target)
        tally.note(
            pass: target, in: try await view(), writes: world.vault.writeCount + entryChanges.count - writes,
            namespace: Self.evil)
        trace.append("reconcile \(target)\(error.map { ": \($0)" } ?? "")")
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
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            trace.append("tenant takes the finalizer off \(binding.key)")
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, binding.key, ["metadata": ["finalizers": .array([])]])
        case 1:
            trace.append("tenant annotates \(binding.key)")
            _ = try await world.api.mergePatch(
                VaultRoleBinding.self, binding.key,
                ["metadata": ["annotations": ["lanyard.dev/paused": "true", "lanyard.dev/adopt": "true"]]])
        default:
            trace.append("tenant forges the status of \(binding.key)")
            _ = try await world.api.applyStatus(
                VaultRoleBinding.self, binding.key, uid: binding.metadata.uid ?? "", resourceVersion: nil,
                status: [
                    "spiffeID": "spiffe://sim.example/ns/good/sa/web", "serviceAccounts": ["web"],
                    "vault": [
                        "policy": "sys/policies/acl/good-role", "kubernetesRole": "auth/kubernetes/role/platform",
                    ],
                ], fieldManager: "tenant")
        }
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
