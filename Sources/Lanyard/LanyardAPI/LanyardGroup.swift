package import KubernetesModel

/// Names that all kinds of the API group share.
package enum LanyardGroup {
    /// The API group, and the prefix of finalizers and annotations.
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
}

extension ObjectProjection {
    /// Of kinds that tenants write: what others can be made to pay for one of them, and for all of a namespace, is bounded.
    /// The largest spec that makes sense, with 1 000 rules, is below a third of the limit.
    package static let ofTenants = ObjectProjection(
        annotations: .beginning(with: "\(LanyardGroup.name)/"), hasLabels: false, hasOwners: false,
        limits: .init(spec: 128 * 1024, status: 32 * 1024), namespaceLimit: 8 * 1024 * 1024, sharesStrings: true)

    /// Of kinds that only platform teams write: the size of their specs is their own affair.
    package static let ofPlatform = ObjectProjection(
        annotations: .beginning(with: "\(LanyardGroup.name)/"), hasLabels: false, hasOwners: false,
        limits: .init(spec: .max, status: 32 * 1024), sharesStrings: true)

    /// A size in words: `128 KiB`.
    package static func words(_ size: Int) -> String {
        size >= 1024 * 1024 ? "\(size / 1024 / 1024) MiB" : "\(size / 1024) KiB"
    }
}
