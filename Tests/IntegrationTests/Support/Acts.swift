import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Testing

/// What people do in one namespace, and what should come of it.
struct Acts: Sendable {
    let environment: TestEnvironment
    let cluster: Cluster
    let namespace: String

    private var takenRecord: ObjectKey { ObjectKey(namespace: "lanyard-system", name: "\(namespace).taken") }
    /// Of what is made in no namespace.
    private var clusterWide: ObjectKey { ObjectKey(namespace: nil, name: namespace) }
    private var withdrawing: ObjectKey { ObjectKey(namespace: nil, name: "\(namespace)-withdraw") }
    private var mounts: MountActs { MountActs(environment: environment, cluster: cluster) }
    private func key(_ name: String) -> ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// An identity and a binding, both named `old`, that are ready.
    func prepare() async throws {
        try await cluster.apply(Samples.identity("old", in: namespace))
        try await cluster.apply(Samples.binding("old", in: namespace))
        try await cluster.waitUntilReady(2, in: namespace)
    }

    func perform(_ act: Act) async throws {
        switch act {
        case .createIdentity: try await cluster.apply(Samples.identity("new", in: namespace))
        case .createBinding: try await cluster.apply(binding("new"))
        case .deleteIdentity: try await cluster.api.delete(WorkloadIdentity.self, key("old"), uid: nil)
        case .deleteBinding: try await cluster.api.delete(VaultRoleBinding.self, key("old"), uid: nil)
        case .extendBinding:
            let spec = Samples.binding("old", in: namespace, withDatabase: true).spec
            _ = try await cluster.api.mergePatch(
                VaultRoleBinding.self, key("old"), ["spec": try JSONValue(encoding: spec)])
        case .createBindingWithTakenRecord:
            let owner = OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "it-nobody", name: "x", uid: "1")
            _ = try await cluster.api.create(
                OwnershipRecord(
                    metadata: ObjectMeta(name: takenRecord.name, namespace: takenRecord.namespace),
                    spec: .init(owner: owner, claims: [])))
            try await cluster.apply(binding("taken"))
        case .createExample(let kind): try await cluster.create(example(of: kind))
        case .createMount:
            try await mounts.create(namespace)
        case .deleteMount:
            try await mounts.create(namespace)
            try await eventually("the mount is ready") { try await isMadeGood(.createMount) ? nil : "it is not" }
            try await cluster.api.delete(VaultMount.self, clusterWide, uid: nil)
        case .createBoundary:
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [namespace])
            _ = try await cluster.api.create(
                IdentityBoundary(metadata: ObjectMeta(name: clusterWide.name), spec: spec))
        case .withdraw:
            var spec = IdentityBoundarySpec()
            spec.namespaces = .init(names: [namespace])
            spec.onViolation = .withdraw
            _ = try await cluster.api.create(
                IdentityBoundary(metadata: ObjectMeta(name: withdrawing.name), spec: spec))
            // The namespace has another boundary, which allows what was there.
            _ = try await cluster.api.mergePatch(
                VaultRoleBinding.self, key("old"), ["spec": ["roleName": "outside"]])
        case .placePod:
            var identity = Samples.identity("placed", in: namespace)
            identity.spec.placement = .pod
            try await cluster.apply(identity)
            try await eventually("the identity says something") {
                let stored = try await cluster.api.get(WorkloadIdentity.self, key("placed"))
                return stored?.status?.conditions == nil ? "nothing" : nil
            }
            let workloads = Workloads(cluster: cluster)
            _ = try await workloads.createNode(namespace)
            try await workloads.createServiceAccount("placed", in: namespace)
            try await workloads.createPod("placed", in: namespace, account: "placed", on: namespace)
        case .driftTwice:
            let bao = Bao(environment: environment)
            let path = "sys/policies/acl/lanyard.production.\(namespace).old"
            for _ in 0..<2 {
                try await bao.delete(path)
                try await eventually("the policy is back") { try await bao.read(path) == nil ? "it is not" : nil }
            }
        }
    }

    /// Whether what was done has had its effect.
    func isMadeGood(_ act: Act) async throws -> Bool {
        switch act {
        case .createIdentity: return try await isReady("wid/new")
        case .createBinding: return try await isReady("vrb/new")
        case .createBindingWithTakenRecord: return try await isReady("vrb/taken")
        case .extendBinding:
            let conditions = try await cluster.conditions(in: namespace).first { $0.name == "vrb/old" }?.conditions
            return conditions?.condition(ConditionType.databaseRolesSynced)?.status == .yes
        case .deleteIdentity: return try await cluster.api.get(WorkloadIdentity.self, key("old")) == nil
        case .deleteBinding: return try await cluster.api.get(VaultRoleBinding.self, key("old")) == nil
        case .createExample(let kind):
            let conditions = try await cluster.read(example(of: kind))["status"]?["conditions"]?.array ?? []
            return conditions.contains { $0["type"]?.string == ConditionType.accepted && $0["status"] == "True" }
        case .createMount:
            let made = try await cluster.api.get(VaultMount.self, clusterWide)
            return made?.status?.conditions?.condition(ConditionType.ready)?.status == .yes
        case .deleteMount: return try await cluster.api.get(VaultMount.self, clusterWide) == nil
        case .createBoundary:
            let made = try await cluster.api.get(IdentityBoundary.self, clusterWide)
            return made?.status?.conditions?.isEmpty == false
        case .withdraw:
            let stored = try await cluster.api.get(VaultRoleBinding.self, key("old"))
            return stored?.status?.vault == nil
        case .placePod:
            return try await cluster.api.get(WorkloadIdentity.self, key("placed"))?.status?.entryCount == 1
        case .driftTwice: return true
        }
    }

    /// Waits for the effect of what was done.
    func expectMadeGood(_ act: Act) async throws {
        try await eventually("\(act) is made good", within: .seconds(60)) {
            try await isMadeGood(act) ? nil : "it is not"
        }
    }

    /// Takes away everything that the acts made outside of the namespace.
    func clearAway() async throws {
        try await removeTakenRecord()
        try await mounts.remove(namespace)
        let node = ObjectKey(namespace: nil, name: namespace)
        if try await cluster.api.get(Node.self, node) != nil, try await isMadeGood(.placePod) {
            try await Workloads(cluster: cluster).deleteNode(namespace)
        }
        for kind in Permission.examples { try await cluster.delete(example(of: kind)) }
        for boundary in [clusterWide, withdrawing]
        where try await cluster.api.get(IdentityBoundary.self, boundary) != nil {
            try await cluster.api.delete(IdentityBoundary.self, boundary, uid: nil)
        }
    }

    /// Takes the record away that `createBindingWithTakenRecord` made.
    func removeTakenRecord() async throws {
        guard let record = try await cluster.api.get(OwnershipRecord.self, takenRecord),
            record.spec.owner.namespace == "it-nobody"
        else { return }
        try await cluster.api.delete(OwnershipRecord.self, takenRecord, uid: record.metadata.uid)
    }

    /// Waits until the operator has let go of everything.
    func waitUntilEmpty() async throws {
        try await eventually("all resources are let go", within: .seconds(60)) {
            let left = try await cluster.conditions(in: namespace).count
            return left == 0 ? nil : "\(left) left"
        }
    }

    /// The example of a kind, under the name that what is made here has.
    private func example(of kind: String) throws -> Manifest {
        let example = try #require(Manifest.examples().first { $0.descriptor.kind == kind })
        let spec = try #require(example.value["spec"])
        return Manifest(
            example.descriptor, namespace, in: example.descriptor.isNamespaced ? namespace : nil, spec: spec)
    }

    /// A binding that needs no identity.
    private func binding(_ name: String) -> VaultRoleBinding {
        var binding = Samples.binding(name, in: namespace)
        binding.spec.workloadIdentityRef = nil
        binding.spec.serviceAccountNames = [name]
        return binding
    }

    private func isReady(_ name: String) async throws -> Bool {
        let object = try await cluster.conditions(in: namespace).first { $0.name == name }
        return object?.conditions.condition(ConditionType.ready)?.status == .yes
    }
}

extension Cluster {
    private static let lease = ObjectKey(namespace: "lanyard-system", name: "lanyard")

    /// The events of a namespace.
    func events(in namespace: String) async throws -> [KubernetesEvent] {
        try await api.list(KubernetesEvent.self, namespace: namespace).items
    }

    /// The operator's lease.
    func lease() async throws -> Lease? { try await api.get(Lease.self, Self.lease) }

    /// Makes it the first time that an operator runs here.
    func deleteLease() async throws {
        if try await lease() != nil { try await api.delete(Lease.self, Self.lease, uid: nil) }
    }

    /// Leaves a lease behind that nobody holds, or that somebody holds for long.
    func makeLease(holder: String = "") async throws {
        try await deleteLease()
        let now = SystemClock().wallTime.rfc3339Micro
        _ = try await api.create(
            Lease(
                metadata: ObjectMeta(name: Self.lease.name, namespace: Self.lease.namespace),
                spec: .init(
                    holderIdentity: holder, leaseDurationSeconds: holder.isEmpty ? 1 : 3_600, acquireTime: now,
                    renewTime: now, leaseTransitions: 1)))
    }

    /// Gives the lease to somebody else, as an API server that was restored to an older state might.
    func giveLease(to holder: String) async throws {
        _ = try await api.mergePatch(Lease.self, Self.lease, ["spec": ["holderIdentity": .string(holder)]])
    }
}
