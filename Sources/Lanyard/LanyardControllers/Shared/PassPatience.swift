import LanyardAPI
import LanyardCore

/// What was slow in one pass. A back end that did not answer once is not asked again before the next pass, and after a few
/// of them nothing more that may be slow is: the pass ends in its time, and says what it found.
struct PassPatience {
    /// How many back ends, and calls of which nobody knows what is behind them, may run out of time in one pass.
    private static let limit = 2

    private var slow: Set<String> = []
    private var count = 0
    /// Those that have answered in time.
    private var answered: Set<String> = []
    /// Those that are asked at this moment, and have not answered before.
    private var asked: Set<String> = []

    /// Why something is not tried now; nil when it is.
    ///
    /// - Parameter backEnd: what is behind Vault for the call, by any name; nil when nothing is.
    func refusal(of title: String, behind backEnd: String?) -> ConditionOutcome? {
        guard let backEnd, count >= Self.limit || slow.contains(backEnd) else { return nil }
        return .fails(.timedOut, "\(title) waits for a later pass, since what is behind Vault is slow")
    }

    /// Whether nothing that may be slow is tried any more.
    var isOver: Bool { room == 0 }

    /// How many calls may be under way at once of which nobody knows what is behind them: all of them may be slow.
    var room: Int { max(Self.limit - count, 0) }

    /// Whether a call may begin beside those that are under way: a back end answers one before it gets several, and no more of
    /// them are waited for at once than may be slow in all.
    func hasRoom(behind backEnd: String?) -> Bool {
        guard let backEnd, !answered.contains(backEnd) else { return true }
        return !asked.contains(backEnd) && count + asked.count < Self.limit
    }

    /// Notes that a call begins.
    mutating func begin(behind backEnd: String?) {
        if let backEnd, !answered.contains(backEnd) { asked.insert(backEnd) }
    }

    /// Notes what became of a call.
    mutating func note(_ outcome: ConditionOutcome?, behind backEnd: String?) {
        if let backEnd { asked.remove(backEnd) }
        guard outcome?.reason == .timedOut else {
            if let backEnd { answered.insert(backEnd) }
            return
        }
        // Calls that hang behind one back end at the same time take no longer than one of them.
        if let backEnd, !slow.insert(backEnd).inserted { return }
        count += 1
    }
}
