/// A pod that is bound to a node and not done, as far as plans depend on it.
package struct PodFacts: Hashable, Sendable {
    /// The name within the namespace.
    package let name: String
    /// The UID, which agents attest.
    package let uid: String
    /// The name of the node that it is bound to.
    package let nodeName: String
    /// Its labels.
    package let labels: [String: String]
    /// When it was made, in seconds since 1970; nil when that is not known.
    package let createdAt: Int64?

    /// Describes a pod.
    package init(name: String, uid: String, nodeName: String, labels: [String: String] = [:], createdAt: Int64? = nil) {
        self.name = name
        self.uid = uid
        self.nodeName = nodeName
        self.labels = labels
        self.createdAt = createdAt
    }
}
