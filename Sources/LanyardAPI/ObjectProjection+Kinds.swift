package import KubernetesModel

extension ObjectProjection {
    /// Of kinds that tenants write: what others can be made to pay for one of them, and for all of a namespace, is bounded.
    /// The largest spec that makes sense, with 1 000 rules, is below a third of the limit.
    package static let ofTenants = ObjectProjection(
        annotations: .beginning(with: "\(LanyardGroup.name)/"), hasLabels: false, hasOwners: false,
        limits: .init(spec: 128 * 1024, status: 32 * 1024), namespaceLimit: 8 * 1024 * 1024)

    /// Of kinds that only platform teams write: the size of their specs is their own affair.
    package static let ofPlatform = ObjectProjection(
        annotations: .beginning(with: "\(LanyardGroup.name)/"), hasLabels: false, hasOwners: false,
        limits: .init(spec: .max, status: 32 * 1024))

    /// A size in words: `128 KiB`.
    package static func words(_ size: Int) -> String {
        size >= 1024 * 1024 ? "\(size / 1024 / 1024) MiB" : "\(size / 1024) KiB"
    }
}
