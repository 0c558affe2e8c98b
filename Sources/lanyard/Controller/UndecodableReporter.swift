import ControllerRuntime
import KubernetesModel
import LanyardControllers

/// Says on an object that it does not fit its type; only the replica that leads does.
struct UndecodableReporter: Sendable {
    let events: any EventRecorder
    let fence: LeadershipFence

    /// What a reflector of this kind calls.
    func report<Resource: KubernetesResource>(as type: Resource.Type) -> @Sendable (UndecodableObject) -> Void {
        { object in
            guard fence.remaining() != nil else { return }
            events.record(ObjectEvent(undecodable: object, of: Resource.self, reason: EventReason.undecodable))
        }
    }
}
