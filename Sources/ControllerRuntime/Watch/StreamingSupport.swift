/// What is known about a server's streaming lists. No version says it: the feature was on, off and on again between releases, and
/// proxies swallow the bookmark that ends the initial events (client-go then waits for ever). Pure.
struct StreamingSupport: Sendable {
    private enum Knowledge: Sendable {
        case promising
        case refused(until: Duration)
        case unusable
    }

    /// The longest pause between initial events, and before the bookmark that ends them.
    private static let longestPause: Duration = .seconds(30)
    /// The longest time that all initial events together may take.
    private static let longestList: Duration = .seconds(120)
    /// A refusal costs one request, so it is worth asking again: the server may have been upgraded.
    private static let refusalLasts: Duration = .seconds(3_600)
    private static let tries = 2

    private var knowledge: Knowledge
    private var earlyEnds = 0

    init(_ lists: StreamingLists) {
        knowledge = lists == .automatic ? .promising : .unusable
    }

    /// Whether the next list should be a stream.
    func isWorthATry(now: Duration) -> Bool {
        switch knowledge {
        case .promising: true
        case .refused(let time): now >= time
        case .unusable: false
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
    }

    /// The server does not accept the parameters.
    mutating func refused(now: Duration) {
        knowledge = .refused(until: now + Self.refusalLasts)
    }

    /// The stream ended before its initial events did.
    mutating func endedEarly() {
        earlyEnds += 1
        if earlyEnds >= Self.tries { neverAgain() }
    }

    /// The end of the initial events was waited for in vain. Finding that out again would cost half a minute of an
    /// outdated store each time, so it is not tried again.
    mutating func neverAgain() {
        knowledge = .unusable
    }
}
