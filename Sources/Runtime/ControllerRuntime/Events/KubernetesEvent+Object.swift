import KubernetesModel

extension KubernetesEvent {
    /// Where events of cluster-scoped objects are: servers of every version take them in this namespace, while 1.20
    /// refuses them in `default`.
    private static var clusterNamespace: String { "kube-system" }
    /// The longest note that the API server takes, in bytes.
    static var noteLimit: Int { 1_024 }
    /// The longest part of an object's name in an event's, which has at most 253 characters.
    private static var namePrefix: Int { 200 }

    /// The first occurrence of an event, in the form that the API server accepts (apiserver
    /// `pkg/apis/core/validation/events.go`): what it refuses, nobody reads.
    init(_ event: ObjectEvent, time: WallTime, identifier: String, controller: String, instance: String) {
        let suffix = identifier.filter { $0 != "-" }.prefix(16)
        let name = "\(Self.subdomain(event.regarding.name ?? "")).\(suffix)"
        self.init(metadata: ObjectMeta(name: name, namespace: event.regarding.namespace ?? Self.clusterNamespace))
        eventTime = time.rfc3339Micro
        reportingController = controller
        reportingInstance = instance
        action = Self.word(event.action)
        reason = Self.word(event.reason)
        regarding = event.regarding
        note = event.note.truncated(toBytes: Self.noteLimit)
        type = event.kind.rawValue
    }

    /// The beginning of an object's name as a DNS subdomain. Not every kind's names are one, and the beginning of one that is
    /// may end in the middle of a label.
    private static func subdomain(_ name: String) -> String {
        let characters = name.utf8.prefix(namePrefix).map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                Character(Unicode.Scalar(byte))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): Character(Unicode.Scalar(byte | 0x20))
            default: "-"
            }
        }
        let labels = String(characters).split(separator: ".").map { label in
            let start = label.drop { $0 == "-" }
            return start.prefix(upTo: start.lastIndex { $0 != "-" }.map(start.index(after:)) ?? start.startIndex)
        }
        let text = labels.filter { !$0.isEmpty }.joined(separator: ".")
        return text.isEmpty ? "object" : text
    }

    /// Reasons and actions have to be something, of at most 128 bytes.
    private static func word(_ text: String) -> String {
        text.isEmpty ? "Unknown" : text.truncated(toBytes: 128)
    }
}

extension String {
    /// The beginning of at most so many bytes, cut between characters.
    func truncated(toBytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var bytes = 0
        return String(
            prefix { character in
                bytes += character.utf8.count
                return bytes <= limit
            })
    }
}
