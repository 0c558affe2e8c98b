public import KubernetesModel

extension ObjectEvent {
    /// The warning about an object that does not fit its type: whoever looks at it learns why nothing happens.
    ///
    /// - Parameter reason: a documented constant of the operator.
    public init<Resource: KubernetesResource>(
        undecodable object: UndecodableObject, of type: Resource.Type, reason: String
    ) {
        let descriptor = Resource.descriptor
        self.init(
            regarding: ObjectReference(
                apiVersion: descriptor.apiVersion, kind: descriptor.kind, namespace: object.key.namespace,
                name: object.key.name, uid: object.uid),
            kind: .warning, reason: reason, action: "Decode",
            note: "This \(descriptor.kind) cannot be read, and what was known of it stays in effect: \(object.reason).")
    }
}
