package import KubernetesModel

/// A Secret of the operator's own namespace. It is read when it is needed and never cached.
package struct Secret: KubernetesResource {
    package static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "Secret", plural: "secrets", isNamespaced: true)

    package var metadata: ObjectMeta
    /// The entries, by key; none when absent.
    package var data: [String: SecretValue]?

    /// A Secret as the API server sends it.
    package init(metadata: ObjectMeta, data: [String: SecretValue]? = nil) {
        self.metadata = metadata
        self.data = data
    }
}
