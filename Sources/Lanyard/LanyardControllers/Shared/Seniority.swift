import KubernetesModel

/// Which of two objects was there first: creation time, then UID (rule own-12).
struct Seniority: Comparable {
    private let createdAt: String
    private let uid: String

    /// The rank of an object. RFC 3339 times of one server order as text.
    init(of metadata: ObjectMeta) {
        createdAt = metadata.creationTimestamp ?? ""
        uid = metadata.uid ?? ""
    }

    static func < (left: Seniority, right: Seniority) -> Bool {
        (left.createdAt, left.uid) < (right.createdAt, right.uid)
    }
}
