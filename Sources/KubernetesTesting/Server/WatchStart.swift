import FoundationEssentials
import KubernetesClient
import KubernetesModel

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
