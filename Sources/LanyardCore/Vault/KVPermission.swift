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
