package import LanyardAPI

/// A permission on secrets of a KV engine, and the rules that it stands for (rule spec-13).
enum KVPermission: String, CaseIterable {
    case read = "Read"
    case list = "List"
    case write = "Write"
    case delete = "Delete"
    case undelete = "Undelete"
    case destroy = "Destroy"
    case readMetadata = "ReadMetadata"
    case writeMetadata = "WriteMetadata"
    case deleteMetadata = "DeleteMetadata"

    /// The prefix of the path below the mount and the capabilities there, in an engine of version 2.
    ///
    /// `List` of `a/*` allows to list the folder `a` as well: the server matches a LIST as `metadata/a/`.
    var version2: (prefix: String, capabilities: Set<Capability>) {
        switch self {
        case .read: ("data/", [.read])
        case .list: ("metadata/", [.list])
        case .write: ("data/", [.create, .update, .patch])
        case .delete: ("data/", [.delete])
        case .undelete: ("undelete/", [.update])
        case .destroy: ("destroy/", [.update])
        case .readMetadata: ("metadata/", [.read])
        case .writeMetadata: ("metadata/", [.create, .update, .patch])
        case .deleteMetadata: ("metadata/", [.delete])
        }
    }

    /// The capabilities on the path itself in an engine of version 1; nil where that has no such operation.
    var version1: Set<Capability>? {
        switch self {
        case .read: [.read]
        case .list: [.list]
        case .write: [.create, .update]
        case .delete: [.delete]
        case .undelete, .destroy, .readMetadata, .writeMetadata, .deleteMetadata: nil
        }
    }
}

/// Paths of KV version 2 go without the mount and without `data/`, unlike those of policies: who writes them all the same
/// means something else than what becomes of it.
package enum KVPathHint {
    /// What to say of an entry that looks so; nil for any other.
    ///
    /// - Parameter mounts: the configured ones.
    package static func text(for entry: KVAccess, mounts: MountNames) -> String? {
        guard entry.version ?? 2 == 2 else { return nil }
        let mount = entry.mount ?? mounts.kv
        let prefixes = ["\(mount)/data/", "\(mount)/metadata/", "data/", "metadata/", "\(mount)/"]
        guard let prefix = prefixes.first(where: { entry.path.hasPrefix($0) && entry.path != $0 }) else { return nil }
        return "begins with \(prefix), which paths of kv go without: this one is \(mount)/data/\(prefix)… in Vault"
    }
}

/// What may be done with a role of a PKI engine.
enum PKIOperation: String, CaseIterable {
    case issue = "Issue"
    case sign = "Sign"

    /// The path below the mount, before the role.
    var prefix: String {
        switch self {
        case .issue: "issue/"
        case .sign: "sign/"
        }
    }
}

/// What may be done with a key of a transit engine.
enum TransitOperation: String, CaseIterable {
    case encrypt = "Encrypt"
    case decrypt = "Decrypt"
    case rewrap = "Rewrap"
    case sign = "Sign"
    case verify = "Verify"
    case hmac = "HMAC"
    /// A new data key, in plain text and encrypted.
    case dataKey = "DataKey"
    /// A new data key, encrypted only: for those who store it but must not see it.
    case wrappedDataKey = "WrappedDataKey"

    /// The path below the mount, before the key.
    var prefix: String {
        switch self {
        case .encrypt: "encrypt/"
        case .decrypt: "decrypt/"
        case .rewrap: "rewrap/"
        case .sign: "sign/"
        case .verify: "verify/"
        case .hmac: "hmac/"
        case .dataKey: "datakey/plaintext/"
        case .wrappedDataKey: "datakey/wrapped/"
        }
    }
}
