import KubernetesModel
import LanyardAPI

extension ObjectMeta {
    /// What the Accepted condition says of annotations that no boundary makes effective; nil when there are none.
    var ineffectiveAnnotationsNote: String? {
        let set = [LanyardGroup.pausedAnnotation, LanyardGroup.adoptAnnotation].filter { annotations?[$0] == "true" }
        guard !set.isEmpty else { return nil }
        return "the spec is valid; without effect, since no boundary allows it: " + set.joined(separator: ", ")
    }
}
