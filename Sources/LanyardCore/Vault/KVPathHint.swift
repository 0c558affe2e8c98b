package import LanyardAPI

/// Paths of KV version 2 go without the mount and without `data/`, unlike those of policies: who writes them all the same
/// means something else than what becomes of it.
package enum KVPathHint {
    /// What to say of an entry that looks so; nil for any other.
    ///
    /// - Parameter mounts: the configured ones.
    package static func text(for entry: KVAccess, mounts: VaultMounts) -> String? {
        guard entry.version ?? 2 == 2 else { return nil }
        let mount = entry.mount ?? mounts.kv
        let prefixes = ["\(mount)/data/", "\(mount)/metadata/", "data/", "metadata/", "\(mount)/"]
        guard let prefix = prefixes.first(where: { entry.path.hasPrefix($0) && entry.path != $0 }) else { return nil }
        return "begins with \(prefix), which paths of kv go without: this one is \(mount)/data/\(prefix)… in Vault"
    }
}
