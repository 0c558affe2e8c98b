/// An `Event` of `events.k8s.io/v1`: something happened to an object, for people to read.
public struct KubernetesEvent: KubernetesResource {
    /// `events.events.k8s.io`.
    public static let descriptor = ResourceDescriptor(
        group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", isNamespaced: true)

    /// The event's own metadata.
    public var metadata: ObjectMeta
    /// RFC 3339 time with microseconds of the first occurrence.
    public var eventTime: String?
    /// The repetitions; nil for a single occurrence.
    public var series: Series?
    /// The controller that reports, such as `lanyard.dev/operator`.
    public var reportingController: String?
    /// The replica that reports; at most 128 characters.
    public var reportingInstance: String?
    /// What was done; at most 128 characters.
    public var action: String?
    /// Why, in UpperCamelCase; at most 128 characters.
    public var reason: String?
    /// The object that the event is about.
    public var regarding: ObjectReference?
    /// A sentence for people; at most 1024 bytes.
    public var note: String?
    /// `Normal` or `Warning`.
    public var type: String?

    /// An event that says nothing yet. The API server demands all but the series, the object and the note.
    public init(metadata: ObjectMeta) { self.metadata = metadata }

    /// Repetitions of one event.
    public struct Series: Codable, Equatable, Sendable {
        /// Occurrences so far, the first one included.
        public var count: Int
        /// RFC 3339 time with microseconds of the last one.
        public var lastObservedTime: String

        /// How often the event has happened, and when last.
        public init(count: Int, lastObservedTime: String) {
            self.count = count
            self.lastObservedTime = lastObservedTime
        }
    }
}
