package import ControllerRuntime
import KubernetesModel
package import LanyardAPI
import LanyardCore

/// Which bindings would lose something if a mount were disabled.
package struct MountUsers: Sendable {
    let bindings: Store<VaultRoleBinding>
    let boundaries: BoundaryBook

    /// Looks at the bindings of the cluster.
    package init(bindings: Store<VaultRoleBinding>, boundaries: BoundaryBook) {
        self.bindings = bindings
        self.boundaries = boundaries
    }

    /// The bindings that use a mount and are not being deleted themselves, sorted. One that its boundary does not allow
    /// counts for nothing: to name a mount must not be enough to keep it.
    func users(of location: MountLocation) async -> [ObjectKey] {
        var users: [ObjectKey] = []
        for (index, binding) in bindings.all.enumerated() {
            // There may be many, and others want to run.
            if index.isMultiple(of: 64) { await Task.yield() }
            guard !binding.metadata.isBeingDeleted,
                let access = try? boundaries.admit(binding, subject: nil).get(), access.uses(location.mountPath)
            else { continue }
            users.append(binding.key)
        }
        return users.sorted()
    }
}
