import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import VaultTesting

/// One seeded history in which the tenant of `evil` does anything to its own resources, status and finalizers included,
/// while the tenant of `good` and the platform do nothing.
struct NonInterference {
    private(set) var trace: [String] = []

    private static let evil = "evil", good = "good"
    private var random: SplitMix64
    private let world: SimulatedWorld
    private let events = RecordedEvents()
    private var process: SimulatedProcess
    private var untouched = ExternalState(entries: [:], objects: [:], records: [])
    private var others: [String] = []

    init(seed: UInt64) async throws {
        random = SplitMix64(seed: seed)
        world = try SimulatedWorld(seed: seed)
        process = try await Self.start(in: world, events: events)
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
        spec.vault?.names = ["lanyard.{cluster}.{namespace}.*", namespace == "good" ? "good-role" : "app"]
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
        _ = try await world.api.create(VaultRoleBinding(metadata: metadata, spec: spec))
        for _ in 0..<2 {
            for target in try await world.view().targets { try await pass(target) }
        }
        untouched = try await world.external()
        others = try await resourcesOfOthers()
    }

    /// Runs the history.
    ///
    /// - Throws: `Invariants.Violation` at the first trace of interference.
    mutating func run(steps: Int) async throws {
        for _ in 0..<steps {
            try await step()
            try await check()
        }
        for _ in 0..<2 {
            for target in try await world.view().targets {
                try await pass(target)
                try await check()
            }
        }
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
            let targets = try await world.view().targets
            try await pass(random.pick(targets))
        }
    }

    private mutating func pass(_ target: Target) async throws {
        process.see(try await world.view())
        let error = await process.reconcile(target)
        trace.append("reconcile \(target)\(error.map { ": \($0)" } ?? "")")
    }

    // MARK: - The tenant

    private mutating func act<Object: KubernetesResource>(
        _ type: Object.Type, _ spec: some Encodable
    ) async throws {
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
        let own = try await world.view().bindings.filter { $0.metadata.namespace == Self.evil }
        guard let binding = own.randomElement(using: &random) else { return }
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

    private func check() async throws {
        let now = try await world.external()
        for (path, object) in untouched.objects where now.objects[path] != object {
            throw Invariants.Violation(description: "\(path) of others was touched")
        }
        for (id, entry) in untouched.entries where now.entries[id] != entry {
            throw Invariants.Violation(description: "entry \(id) of others was touched")
        }
        guard try await resourcesOfOthers() == others else {
            throw Invariants.Violation(description: "resources of others changed")
        }
        for (id, entry) in now.entries where untouched.entries[id] == nil { try check(entry) }
        for (path, object) in now.objects where untouched.objects[path] == nil { try check(object, at: path) }
    }

    private func check(_ entry: RegistrationEntry) throws {
        let isInside =
            entry.id.hasPrefix("lanyard.sim.evil.") && entry.spiffeID.path.hasPrefix("/ns/evil/")
            && entry.selectors.contains { $0.description == "k8s:ns:evil" } && !entry.isAdmin && !entry.isDownstream
            && entry.x509SVIDTTL <= 86_400 && entry.dnsNames.isEmpty
        if !isInside { throw Invariants.Violation(description: "entry \(entry.id) is outside: \(entry)") }
    }

    private func check(_ object: JSONValue, at path: String) throws {
        let names = ["app", "lanyard.sim.evil."]
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard names.contains(where: { name.hasPrefix($0) }) else {
            throw Invariants.Violation(description: "\(path) is outside by its name")
        }
        if path.hasPrefix("sys/policies/acl/") {
            for rule in try PolicyDocument(parsing: object["policy"]?.string ?? "").rules {
                let isOwn = ["secret/data/evil/", "secret/metadata/evil/"].contains { rule.path.hasPrefix($0) }
                if !rule.capabilities.isSubset(of: [.deny]), !isOwn || rule.capabilities.contains(.sudo) {
                    throw Invariants.Violation(description: "\(path) grants \(rule.path) \(rule.capabilities)")
                }
            }
        } else if path.hasPrefix("auth/") {
            let policies = object["token_policies"]?.array?.compactMap(\.string) ?? []
            guard object["bound_service_account_namespaces"] == ["evil"],
                object["bound_service_account_names"]?.array?.contains("*") == false,
                policies.allSatisfy({ policy in names.contains { policy.hasPrefix($0) } }),
                object["token_period"] == 0, (object["token_max_ttl"]?.integer ?? .max) <= 86_400
            else { throw Invariants.Violation(description: "\(path) is outside: \(object)") }
        } else {
            throw Invariants.Violation(description: "\(path) should not be: no connection is allowed")
        }
    }

    private func resourcesOfOthers() async throws -> [String] {
        let view = try await world.view()
        return view.identities.filter { $0.metadata.namespace == Self.good }.map { "\($0)" }
            + view.bindings.filter { $0.metadata.namespace == Self.good }.map { "\($0)" }
    }
}
