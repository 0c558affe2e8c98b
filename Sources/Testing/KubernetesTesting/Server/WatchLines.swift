import FoundationEssentials
import KubernetesClient
import KubernetesModel

/// The lines of one watch, read from the history as they are pulled.
struct WatchLines: AsyncSequence, Sendable {
    typealias Element = Data
    typealias Failure = any Error

    /// What the history has at a position.
    enum Entry: Sendable {
        case event(HistoryEvent)
        case end
        case gone
    }

    let target: RequestTarget
    let selector: ObjectSelector
    let sendsBookmarks: Bool
    let start: WatchStart
    let epoch: Int
    let hub: WatchHub
    let entry: @Sendable (Int) -> Entry

    func makeAsyncIterator() -> Iterator {
        Iterator(watch: self, pending: start.lines[...], position: start.position)
    }

    struct Iterator: AsyncIteratorProtocol {
        let watch: WatchLines
        var pending: ArraySlice<Data>
        var position: Int?
        var hasEnded = false

        mutating func next() async throws -> Data? {
            while !hasEnded {
                try Task.checkCancellation()
                guard watch.hub.epoch == watch.epoch else { break }
                if let line = pending.popFirst() { return line }
                guard let current = position else { return expire() }
                switch watch.entry(current) {
                case .gone:
                    return expire()
                case .event(let event):
                    position = current + 1
                    let line = event.line(
                        watch.selector, descriptor: watch.target.descriptor, bookmarks: watch.sendsBookmarks)
                    if let line { return line }
                case .end:
                    let entry = watch.entry
                    await watch.hub.wait(table: watch.target.table, epoch: watch.epoch) {
                        if case .end = entry(current) { false } else { true }
                    }
                }
            }
            hasEnded = true
            return nil
        }

        /// The stream's last line when the history no longer reaches back.
        private mutating func expire() -> Data {
            hasEnded = true
            let status =
                #"{"apiVersion":"v1","kind":"Status","metadata":{},"status":"Failure","code":410,"#
                + #""reason":"Expired","message":"too old resource version"}"#
            return HistoryEvent.line("ERROR", Data(status.utf8))
        }
    }
}

/// Where a watch begins.
struct WatchStart {
    /// Lines that come first: the objects that exist, for a watch without a version.
    let lines: [Data]
    /// The position in the history from which it goes on; nil when that part is gone.
    let position: Int?

    /// Begins with everything that exists, as a streaming list.
    ///
    /// - Parameter isClosed: whether a bookmark ends the initial events.
    init(
        streaming state: borrowing ServerState, _ target: RequestTarget, _ selector: ObjectSelector, isClosed: Bool
    ) {
        let table = state.tables[target.table]
        var lines = table.sorted(selector).map { HistoryEvent.line("ADDED", $0.bytes) }
        if isClosed {
            lines.append(HistoryEvent.bookmark(state.version, target.descriptor, endsInitialEvents: true))
        }
        self.lines = lines
        position = table.endPosition
    }

    /// Finds the beginning for the `resourceVersion` of a request.
    ///
    /// - Throws: `KubernetesError.resourceVersionTooLarge`, `badRequest`.
    init(
        _ state: borrowing ServerState, _ target: RequestTarget, _ selector: ObjectSelector, query: [String: String]
    ) throws {
        let table = state.tables[target.table]
        let text = query["resourceVersion"] ?? ""
        if text.isEmpty || text == "0" {
            lines = table.sorted(selector).map { HistoryEvent.line("ADDED", $0.bytes) }
            position = table.endPosition
            return
        }
        guard let version = UInt64(text) else { throw ServerFailure.badRequest("invalid resource version") }
        guard version <= state.version else {
            throw ServerFailure.resourceVersionTooLarge(version, current: state.version)
        }
        lines = []
        position = table.position(after: version)
    }
}

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
