import KubernetesModel

/// A typed object together with its `apiVersion` and `kind`, which Swift types leave to their descriptor.
struct TypedBody<Resource: KubernetesResource>: Encodable {
    let object: Resource

    private enum CodingKeys: String, CodingKey {
        case apiVersion
        case kind
    }

    func encode(to encoder: any Encoder) throws {
        // The second container adds to the members that the object has written.
        try object.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Resource.descriptor.apiVersion, forKey: .apiVersion)
        try container.encode(Resource.descriptor.kind, forKey: .kind)
    }
}
