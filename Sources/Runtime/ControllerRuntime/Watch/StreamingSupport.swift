/// What is known about a server's streaming lists. No version says it: the feature was on, off and on again between releases, and
/// proxies swallow the bookmark that ends the initial events (client-go then waits for ever). Pure.
struct StreamingSupport: Sendable {
    private enum Knowledge: Sendable {
        case promising
        case unusable(until: Duration)
        case unwanted
    }

    /// The longest pause between initial events, and before the bookmark that ends them.
    private static let longestPause: Duration = .seconds(30)
    /// The longest time that all initial events together may take.
    private static let longestList: Duration = .seconds(120)
    /// What was found out holds for so long: the server may be upgraded, a proxy be mended, and a list in pages costs so much
    /// memory that asking again is cheaper. Nothing that goes wrong once is for the life of the process.
    private static let memory: Duration = .seconds(3_600)
    private static let tries = 2
    private static let openings = 5

    private var knowledge: Knowledge
    private var earlyEnds = 0
    /// Streams that could not even be opened, one after the other: as many as `openings` make a list in pages the test of
    /// whether it is the stream or the server that does not work.
    private var failedOpenings = 0

    init(_ lists: StreamingLists) {
        knowledge = lists == .automatic ? .promising : .unwanted
    }

    /// Whether the next list should be a stream.
    func isWorthATry(now: Duration) -> Bool {
        switch knowledge {
        case .promising: failedOpenings < Self.openings
        case .unusable(let time): now >= time
        case .unwanted: false
        }
    }

    /// Until when the next of the initial events has to arrive.
    static func deadline(lastLineAt: Duration, openedAt: Duration) -> Duration {
        min(lastLineAt + longestPause, openedAt + longestList)
    }

    /// A streaming list arrived whole.
    mutating func worked() {
        knowledge = .promising
        earlyEnds = 0
        failedOpenings = 0
    }

    /// The server does not accept the parameters.
    mutating func refused(now: Duration) { giveUp(now: now) }

    /// The stream was open, and ended before its initial events did.
    mutating func endedEarly(now: Duration) {
        failedOpenings = 0
        earlyEnds += 1
        if earlyEnds >= Self.tries { giveUp(now: now) }
    }

    /// The end of the initial events was waited for in vain. Finding that out again costs half a minute of an outdated store.
    mutating func endedNever(now: Duration) { giveUp(now: now) }

    /// The stream was not opened, by no fault that points to it: a server that is being restarted answers the same.
    mutating func failedToOpen() { failedOpenings += 1 }

    /// A list in pages did not work either: then the server is in trouble, and nothing is known about its streams.
    mutating func pagesFailed() { failedOpenings = 0 }

    /// A list in pages worked.
    mutating func pagesWorked(now: Duration) {
        if failedOpenings >= Self.openings { giveUp(now: now) }
    }

    private mutating func giveUp(now: Duration) {
        // A list that nobody wants as a stream stays one in pages.
        if case .unwanted = knowledge { return }
        knowledge = .unusable(until: now + Self.memory)
        earlyEnds = 0
        failedOpenings = 0
    }
}

/// Whether lists come as the beginning of a watch (WatchList), which spares server and client the memory of one big answer.
public enum StreamingLists: Sendable {
    /// Where the server can; what it cannot is remembered, and the list comes in pages.
    case automatic
    /// Lists come in pages.
    case never
}
