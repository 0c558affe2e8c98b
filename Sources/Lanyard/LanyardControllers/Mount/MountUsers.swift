package import ControllerRuntime
import KubernetesModel
package import LanyardAPI
import LanyardCore

/// Which bindings would lose something if a mount were disabled.
package struct MountUsers: Sendable {
    let bindings: Store<VaultRoleBinding>
    let boundaries: BoundaryBook
    let ledger: OwnershipLedger

    /// Looks at the bindings of the cluster.
    package init(
        bindings: Store<VaultRoleBinding>, boundaries: BoundaryBook, ledger: OwnershipLedger
    ) {
        self.bindings = bindings
        self.boundaries = boundaries
        self.ledger = ledger
    }

    /// The bindings that use a mount and are not being deleted themselves, sorted. One that its boundary does not allow
    /// counts as long as it has something, which it had when it was allowed; to name a mount is not enough to keep it.
    func users(of location: MountLocation) async -> [ObjectKey] {
        var users: [ObjectKey] = []
        for (index, binding) in bindings.all.enumerated() {
            // There may be many, and others want to run.
            if index.isMultiple(of: 64) { await Task.yield() }
            guard !binding.metadata.isBeingDeleted, uses(binding, location.mountPath) else { continue }
            users.append(binding.key)
        }
        users += bindings.undecodable.keys.filter(hasSomething)
        return users.sorted()
    }

    private func uses(_ binding: VaultRoleBinding, _ mountPath: String) -> Bool {
        if let access = try? boundaries.admit(binding, subject: nil).get() { return access.uses(mountPath) }
        let held = paths(heldBy: binding.key)
        guard !held.isEmpty else { return false }
        if held.contains(where: { $0.hasPrefix("\(mountPath)/") }) { return true }
        // What its policy grants is not told by a spec that is invalid by now, or too large to be kept: then the mount stays.
        let access = try? BindingPlanner.desired(for: binding, subject: nil, settings: boundaries.settings).get()
        return access?.uses(mountPath) ?? held.contains { VaultObjectKind(path: $0) == .policy }
    }

    private func hasSomething(_ key: ObjectKey) -> Bool { !paths(heldBy: key).isEmpty }

    private func paths(heldBy key: ObjectKey) -> [String] {
        let owner = OwnershipRecord.Owner(
            kind: VaultRoleBinding.descriptor.kind, namespace: key.namespace ?? "", name: key.name, uid: "")
        return ledger.paths(of: owner)
    }
}
