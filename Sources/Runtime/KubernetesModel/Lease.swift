/// A `Lease` of `coordination.k8s.io/v1`, with which replicas agree on a leader.
///
/// Only the fields of leader election are known here, so it is written by `create` and by merge patch with the resource
/// version, never by `replace`: fields of others would be lost.
public struct Lease: KubernetesResource {
    /// `leases.coordination.k8s.io`.
    public static let descriptor = ResourceDescriptor(
        group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", isNamespaced: true)

    /// With the version by which a write is conditional.
    public var metadata: ObjectMeta
    /// Who holds it; nil in a lease that nobody has ever held.
    public var spec: Spec?

    /// A lease that nobody holds, where no specification is given.
    public init(metadata: ObjectMeta, spec: Spec? = nil) {
        self.metadata = metadata
        self.spec = spec
    }

    /// Who holds the lease, and since when.
    public struct Spec: Codable, Equatable, Sendable {
        /// The holder; nil or empty when the lease was released.
        public var holderIdentity: String?
        /// How long candidates wait after the last renewal that they saw, in seconds.
        public var leaseDurationSeconds: Int?
        /// RFC 3339 time with microseconds at which the holder took the lease.
        public var acquireTime: String?
        /// RFC 3339 time with microseconds of the last renewal.
        public var renewTime: String?
        /// How often the holder changed.
        public var leaseTransitions: Int?

        /// What is not given is absent.
        public init(
            holderIdentity: String? = nil, leaseDurationSeconds: Int? = nil, acquireTime: String? = nil,
            renewTime: String? = nil, leaseTransitions: Int? = nil
        ) {
            self.holderIdentity = holderIdentity
            self.leaseDurationSeconds = leaseDurationSeconds
            self.acquireTime = acquireTime
            self.renewTime = renewTime
            self.leaseTransitions = leaseTransitions
        }
    }
}
