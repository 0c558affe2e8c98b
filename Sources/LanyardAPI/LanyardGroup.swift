/// Names that all kinds of the API group share.
package enum LanyardGroup {
    /// The API group.
    package static let name = "lanyard.dev"
    /// The version of all kinds.
    package static let version = "v1alpha1"
    /// Keeps an object until what was made for it is gone.
    package static let cleanupFinalizer = "lanyard.dev/cleanup"
    /// `"true"`: nothing is touched while it is there, where a boundary allows that.
    package static let pausedAnnotation = "lanyard.dev/paused"
    /// `"true"`: objects that exist unowned may be taken over, where a boundary allows that.
    package static let adoptAnnotation = "lanyard.dev/adopt"
    /// All annotations that authors can give.
    package static let annotations = [pausedAnnotation, adoptAnnotation]
    /// Name of the operator's Lease, in its own namespace.
    package static let leaseName = "lanyard"
    /// Field manager of all server-side applies.
    package static let fieldManager = "lanyard"
}
