public import KubernetesModel

/// Says on an object that it does not fit its type; only the replica that leads does.
public struct UndecodableReporter: Sendable {
    private let events: any EventRecorder
    private let fence: LeadershipFence
    private let reason: String

    /// Reports by events on the objects themselves.
    ///
    /// - Parameters:
    ///   - fence: whether this replica leads.
    ///   - reason: of the events, a documented constant of the operator.
    public init(events: any EventRecorder, fence: LeadershipFence, reason: String) {
        self.events = events
        self.fence = fence
        self.reason = reason
    }

    /// Reports one object, unless another replica leads.
    func report<Object: KubernetesResource>(_ object: UndecodableObject, of type: Object.Type) {
        guard fence.remaining() != nil else { return }
        events.record(ObjectEvent(undecodable: object, of: type, reason: reason))
    }
}

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
