/// What is read of an object of a kind. The rest is skipped as text, before anything is made of it, so that nobody can fill
/// the memory of this process with what nothing reads. `managedFields` never are.
public struct ObjectProjection: Equatable, Sendable {
    /// The annotations that are read.
    public var annotations: Annotations
    /// Whether labels are read.
    public var hasLabels: Bool
    /// Whether owner references are read.
    public var hasOwners: Bool
    /// The largest of some parts, as JSON in bytes. Of a larger `spec` or `status` only short members are read, and
    /// larger labels or finalizers not at all; `ObjectMeta.leftOut` says so.
    public var limits: Limits
    /// How much of the objects of one namespace is read in all, as JSON in bytes. Small objects do not count.
    public var namespaceLimit: Int
    /// Whether equal strings of many objects are in memory once. Not for kinds that have secrets, of which copies would stay.
    public var sharesStrings: Bool

    /// Which annotations are read.
    public enum Annotations: Equatable, Sendable {
        /// All, whole.
        case all
        /// Those whose names begin with this, as far as they are short.
        case beginning(with: String)
        /// None.
        case none
    }

    /// The largest of some parts, as JSON in bytes.
    public struct Limits: Equatable, Sendable {
        /// The most bytes of `spec`.
        public var spec: Int
        /// The most bytes of `status`.
        public var status: Int
        /// The most bytes of all labels.
        public var labels: Int
        /// The most bytes of all finalizers.
        public var finalizers: Int

        /// In bytes of JSON; labels and finalizers have limits of their own.
        public init(spec: Int, status: Int, labels: Int = 16 * 1024, finalizers: Int = 8 * 1024) {
            self.spec = spec
            self.status = status
            self.labels = labels
            self.finalizers = finalizers
        }

        /// No limits.
        public static let none = Limits(spec: .max, status: .max, labels: .max, finalizers: .max)
    }

    /// Up to this size an object does not count against its namespace's limit: their number is what bounds those.
    public static let smallObject = 4 * 1024
    /// The longest annotation, and all together, that are read where only some are.
    static let longestAnnotation = 1024, mostAnnotations = 4 * 1024
    /// The longest member, and all together, that are read of a part that is too large.
    static let longestMember = 512, mostMembers = 4 * 1024

    /// Everything but `managedFields`: for kinds that nobody but the operator and administrators writes.
    public static let whole = ObjectProjection(
        annotations: .all, hasLabels: true, hasOwners: true, limits: .none, namespaceLimit: .max)

    /// Says what is read.
    public init(
        annotations: Annotations, hasLabels: Bool, hasOwners: Bool, limits: Limits, namespaceLimit: Int = .max,
        sharesStrings: Bool = false
    ) {
        self.annotations = annotations
        self.hasLabels = hasLabels
        self.hasOwners = hasOwners
        self.limits = limits
        self.namespaceLimit = namespaceLimit
        self.sharesStrings = sharesStrings
    }

    /// The limit of a member of objects; nil for one that has none.
    func limit(of member: some Sequence<UInt8>) -> (Int, Omission)? {
        if member.elementsEqual("spec".utf8) { return (limits.spec, .spec) }
        if member.elementsEqual("status".utf8) { return (limits.status, .status) }
        return nil
    }
}

/// A part of an object that was not read, as it is too large.
public enum Omission: String, Hashable, Sendable {
    /// Of `spec`, only short members were read.
    case spec
    /// Of `status`, only short members were read.
    case status
    /// No labels were read.
    case labels
    /// No finalizers were read.
    case finalizers
    /// Of `spec` and `status`, only short members were read, since the objects of the namespace are too large in all.
    case namespaceShare
}
