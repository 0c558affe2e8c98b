import KubernetesModel
package import LanyardAPI
import LanyardCore

/// The indices of the store of VaultMounts.
package enum MountIndex {
    /// VaultMounts by each Vault path that they want.
    package static let vaultPath = "vaultPath"

    /// All index functions of the store, by the name of the index.
    package static var all: [String: @Sendable (VaultMount) -> [String]] {
        [vaultPath: { wantedPaths(of: $0) }]
    }

    /// The Vault paths that a VaultMount wants; none while its spec is not valid or it is being deleted.
    package static func wantedPaths(of mount: VaultMount) -> [String] {
        guard !mount.metadata.isBeingDeleted, let desired = try? MountPlanner.desired(for: mount, held: []).get()
        else { return [] }
        return desired.claimPaths
    }
}
