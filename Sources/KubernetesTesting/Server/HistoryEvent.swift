import FoundationEssentials
import KubernetesModel

/// One change in the history of a kind, or a bookmark.
struct HistoryEvent {
    let resourceVersion: UInt64
    /// Before the change; nil for a creation.
    let previous: StoredObject?
    /// After the change; for a deletion the last state.
    let object: StoredObject?
    let isDeletion: Bool

    /// The line of a watch; nil when the watch does not ask for the object.
    func line(_ selector: ObjectSelector, descriptor: ResourceDescriptor, bookmarks: Bool) -> Data? {
        guard let object else {
            return bookmarks ? Self.bookmark(resourceVersion, descriptor) : nil
        }
        switch (selector.matches(previous), !isDeletion && selector.matches(object)) {
        case (false, false): return nil
        case (false, true): return Self.line("ADDED", object.bytes)
        case (true, true): return Self.line("MODIFIED", object.bytes)
        case (true, false): return Self.line("DELETED", object.bytes)
        }
    }

    static func line(_ type: String, _ object: Data) -> Data {
        var line = Data()
        line.reserveCapacity(object.count + 32)
        line.append(contentsOf: #"{"type":""#.utf8)
        line.append(contentsOf: type.utf8)
        line.append(contentsOf: #"","object":"#.utf8)
        line.append(object)
        line.append(UInt8(ascii: "}"))
        return line
    }

    /// - Parameter endsInitialEvents: whether it closes the initial events of a streaming list.
    static func bookmark(
        _ version: UInt64, _ descriptor: ResourceDescriptor, endsInitialEvents: Bool = false
    ) -> Data {
        let annotations = endsInitialEvents ? #","annotations":{"k8s.io/initial-events-end":"true"}"# : ""
        let object =
            #"{"apiVersion":"\#(descriptor.apiVersion)","kind":"\#(descriptor.kind)","#
            + #""metadata":{"creationTimestamp":null,"resourceVersion":"\#(version)"\#(annotations)}}"#
        return line("BOOKMARK", Data(object.utf8))
    }
}
