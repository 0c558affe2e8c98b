import Testing

@testable import ControllerRuntime

@Suite("LeaseWatchState")
struct LeaseWatchStateTests {
    /// How long after its end no watch is tried, in seconds.
    private func pause(of state: LeaseWatchState, from end: Duration) -> Int? {
        (0...1_000).first { state.isWorthATry(now: end + .seconds($0)) }
    }

    @Test("a watch that fails is tried again after pauses that double up to a minute, until one shows something")
    func failures() {
        var state = LeaseWatchState()
        #expect(state.isWorthATry(now: .zero))
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            state.ended(.failed, now: .seconds(100))
            #expect(pause(of: state, from: .seconds(100)) == seconds)
        }
        state.heard(now: .seconds(200))
        state.ended(.failed, now: .seconds(200))
        #expect(pause(of: state, from: .seconds(200)) == 60)
        state.showed(now: .seconds(300))
        state.ended(.failed, now: .seconds(300))
        #expect(pause(of: state, from: .seconds(300)) == 1)
    }

    @Test("one that ended in order is followed by another at once", arguments: [LeaseWatchState.End.decided, .closed])
    func orderly(end: LeaseWatchState.End) {
        var state = LeaseWatchState()
        state.ended(.failed, now: .zero)
        state.ended(end, now: .zero)
        #expect(pause(of: state, from: .zero) == 0)
    }

    @Test("one that is refused is tried again after ten minutes, and has not to be refused then")
    func refusal() {
        var state = LeaseWatchState()
        state.ended(.refused, now: .seconds(5))
        #expect(state.isRefused)
        #expect(pause(of: state, from: .seconds(5)) == 600)
        state.ended(.failed, now: .seconds(700))
        #expect(state.isRefused)
        state.showed(now: .seconds(800))
        #expect(!state.isRefused)
    }

    @Test("it is known whether the last one showed anything")
    func shown() {
        var state = LeaseWatchState()
        state.begins(now: .zero)
        state.heard(now: .seconds(1))
        #expect(!state.hasShown)
        state.showed(now: .seconds(2))
        state.ended(.closed, now: .seconds(3))
        #expect(state.hasShown)
        state.begins(now: .seconds(4))
        #expect(!state.hasShown)
    }

    @Test("it is known when something was heard last")
    func heardAt() {
        var state = LeaseWatchState()
        state.begins(now: .seconds(1))
        #expect(state.heardAt == .seconds(1))
        state.heard(now: .seconds(2))
        #expect(state.heardAt == .seconds(2))
        state.showed(now: .seconds(3))
        #expect(state.heardAt == .seconds(3))
    }
}
