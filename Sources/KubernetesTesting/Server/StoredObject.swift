import FoundationEssentials
import KubernetesModel

/// An object as the server holds it: the tree for writes, the bytes for reads.
struct StoredObject {
    let key: ObjectKey
    let tree: [String: JSONValue]
    let bytes: Data
    /// What each field manager applied to the status.
    let applied: [String: AppliedStatus]

    /// Keeps a tree and encodes it once.
    init(key: ObjectKey, tree: [String: JSONValue], applied: [String: AppliedStatus]) throws {
        self.key = key
        self.tree = tree
        self.applied = applied
        bytes = try JSON.encode(JSONValue.object(tree))
    }

    var metadata: [String: JSONValue] { tree["metadata"]?.object ?? [:] }
    var uid: String { metadata["uid"]?.string ?? "" }
    var resourceVersion: String { metadata["resourceVersion"]?.string ?? "" }
    var isBeingDeleted: Bool { metadata["deletionTimestamp"] != nil }
    var finalizers: [JSONValue] { metadata["finalizers"]?.array ?? [] }
    var labels: [String: JSONValue] { metadata["labels"]?.object ?? [:] }
}
