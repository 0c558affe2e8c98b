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

/// What a field manager applied to a status, in simplified form: top-level fields are owned whole, and `conditions` is a
/// map by `type`.
struct AppliedStatus: Equatable {
    private(set) var fields: Set<String> = []
    private(set) var conditionTypes: Set<String> = []

    /// Server-side apply with force: sets what is given, removes what this manager applied before and leaves out now.
    mutating func apply(_ status: [String: JSONValue], to current: [String: JSONValue]) -> [String: JSONValue] {
        var result = current
        let given = status["conditions"]?.array ?? []
        let givenTypes = Set(given.compactMap { $0["type"]?.string })
        var conditions = current["conditions"]?.array ?? []
        conditions.removeAll { condition in
            guard let type = condition["type"]?.string else { return false }
            return conditionTypes.contains(type) && !givenTypes.contains(type)
        }
        for condition in given {
            if let index = conditions.firstIndex(where: { $0["type"] == condition["type"] }) {
                conditions[index] = condition
            } else {
                conditions.append(condition)
            }
        }
        for field in fields where status[field] == nil { result[field] = nil }
        for (field, value) in status where field != "conditions" { result[field] = value }
        result.removeValue(forKey: "conditions")
        if status["conditions"] != nil || !conditions.isEmpty { result["conditions"] = .array(conditions) }
        fields = Set(status.keys).subtracting(["conditions"])
        conditionTypes = givenTypes
        return result
    }
}
