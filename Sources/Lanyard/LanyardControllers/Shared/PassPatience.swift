import LanyardAPI
import LanyardCore

/// What was slow in one pass. A back end that did not answer once is not asked again before the next pass, and after a few
/// of them nothing more that may be slow is: the pass ends in its time, and says what it found.
struct PassPatience {
    /// How many calls of one pass may run out of time.
    private static let limit = 2

    private var slow: Set<String> = []
    private var count = 0

    /// Why something is not tried now; nil when it is.
    ///
    /// - Parameter backEnd: what is behind Vault for the call, by any name; nil when nothing is.
    func refusal(of title: String, behind backEnd: String?) -> ConditionOutcome? {
        guard let backEnd, count >= Self.limit || slow.contains(backEnd) else { return nil }
        return .fails(.timedOut, "\(title) waits for a later pass, since what is behind Vault is slow")
    }

    /// Whether nothing that may be slow is tried any more.
    var isOver: Bool { count >= Self.limit }

    /// Notes what became of a call.
    mutating func note(_ outcome: ConditionOutcome?, behind backEnd: String?) {
        guard outcome?.reason == .timedOut else { return }
        count += 1
        if let backEnd { slow.insert(backEnd) }
    }
}
