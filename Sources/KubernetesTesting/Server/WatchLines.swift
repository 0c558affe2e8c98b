import FoundationEssentials
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
