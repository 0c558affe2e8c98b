import KubernetesModel

/// Media types of request bodies, and of the answers that are asked for.
enum MediaType {
    static let json = "application/json"
    static let jsonPatch = "application/json-patch+json"
    static let mergePatch = "application/merge-patch+json"
    /// Server-side apply; JSON is YAML.
    static let apply = "application/apply-patch+yaml"

    /// What to accept for objects of a type, one by one or in a watch.
    static func object<R: KubernetesResource>(_ type: R.Type) -> String {
        R.self is any MetadataOnlyResource.Type ? partial("PartialObjectMetadata") : json
    }

    /// What to accept for lists of a type.
    static func list<R: KubernetesResource>(_ type: R.Type) -> String {
        R.self is any MetadataOnlyResource.Type ? partial("PartialObjectMetadataList") : json
    }

    /// The projection, or the whole object from a server that does not know it.
    private static func partial(_ kind: String) -> String {
        "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
    }
}
