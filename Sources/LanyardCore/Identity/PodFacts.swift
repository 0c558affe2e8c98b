/// A pod that is bound to a node and neither completed nor terminating, as far as plans depend on it.
package struct PodFacts: Hashable, Sendable {
    /// The name within the namespace.
    package let name: String
    /// The UID, which agents attest.
    package let uid: String
    /// The name of the node that it is bound to.
    package let nodeName: String
    /// Its labels.
    package let labels: [String: String]

    /// Describes a pod.
    package init(name: String, uid: String, nodeName: String, labels: [String: String] = [:]) {
        self.name = name
        self.uid = uid
        self.nodeName = nodeName
        self.labels = labels
    }
}
