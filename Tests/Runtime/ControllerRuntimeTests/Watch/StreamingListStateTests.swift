import KubernetesClient
import KubernetesModel
import Testing

@testable import ControllerRuntime

/// The table of streaming lists, as decisions.
@Suite("WatchStateMachine with streaming lists")
struct StreamingListStateTests {
    private typealias Machine = WatchStateMachine

    private struct Fixed: RandomSource {
        func next() -> UInt64 { .max / 2 }
    }

    private func make(opened: Bool = true) -> Machine {
        var machine = Machine(random: Fixed())
        _ = machine.start(now: .zero)
        if opened { machine.watchOpened(now: .zero) }
        return machine
    }

    private func end(_ version: String) -> Machine.Received {
        .bookmark(WatchBookmark(resourceVersion: ResourceVersion(version), endsInitialEvents: true))
    }

    /// A machine that follows the stream after its initial events.
    private func synced(_ version: String = "50") -> Machine {
        var machine = make()
        _ = machine.received(end(version), now: .seconds(1))
        machine.streamReplaced()
        return machine
    }

    private func isStream(_ action: Machine.Action?, from version: String?) -> Bool {
        guard case .watch(let request)? = action else { return false }
        return request.sendsInitialEvents && request.resourceVersion?.text == version
    }

    private func isWatch(_ action: Machine.Action?, from version: String) -> Bool {
        guard case .watch(let request)? = action else { return false }
        return !request.sendsInitialEvents && request.resourceVersion?.text == version
    }

    private func isList(_ action: Machine.Action?, from version: String?) -> Bool {
        guard case .list(let request)? = action else { return false }
        return request.resourceVersion?.text == version
    }

    private func afterWait(_ action: Machine.Action?, _ machine: inout Machine, now: Duration) -> Machine.Action? {
        guard case .wait? = action else { return nil }
        return machine.waited(now: now)
    }

    @Test(
        "the first list is a stream without version; only its last bookmark makes the store whole, and the stream goes on"
    )
    func success() {
        var machine = Machine(random: Fixed())
        #expect(isStream(machine.start(now: .zero), from: nil))
        machine.watchOpened(now: .zero)
        #expect(machine.isCollecting)
        #expect(machine.received(.object(ResourceVersion("90")), now: .seconds(1)) == nil)
        #expect(machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("91"))), now: .zero) == nil)
        // Initial events come in no order: their versions are not saved.
        #expect(machine.resourceVersion == nil)
        #expect(machine.received(end("70"), now: .seconds(2)) == .replace(ResourceVersion("70")))
        #expect(machine.resourceVersion == nil)
        machine.streamReplaced()
        #expect(machine.resourceVersion == ResourceVersion("70"))
        #expect(!machine.isCollecting)
        #expect(machine.received(.object(ResourceVersion("71")), now: .seconds(3)) == nil)
        #expect(machine.resourceVersion == ResourceVersion("71"))
    }

    @Test("a watch that is resumed never asks for initial events")
    func resumes() {
        var machine = synced()
        #expect(isWatch(machine.watchEnded(now: .seconds(400)), from: "50"))
        machine.watchOpened(now: .seconds(400))
        #expect(isWatch(machine.watchStalled(now: .seconds(900)), from: "50"))
        let action = machine.watchFailed(KubernetesError(.unreachable, ""), now: .seconds(900))
        #expect(isWatch(afterWait(action, &machine, now: .seconds(901)), from: "50"))
    }

    @Test("a later list streams from the last version, after an expiry from none")
    func laterLists() {
        var machine = synced()
        let malformed = machine.received(.malformed, now: .seconds(5))
        #expect(isStream(afterWait(malformed, &machine, now: .seconds(6)), from: "50"))
        machine.watchOpened(now: .seconds(6))
        let expired = machine.received(.error(APIStatus(code: 410)), now: .seconds(7))
        #expect(isStream(expired, from: nil))
    }

    @Test("a later stream of a version that the server has not reached is asked for of none, as often as it happens")
    func tooLarge() {
        // As kube-apiserver 1.36 says it, inside of a stream that it has opened.
        let status = APIStatus(
            status: "Failure", code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: 99999, current: 100",
            details: .init(
                retryAfterSeconds: 1,
                causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")]))
        var machine = synced()
        for minute in 0..<4 {
            let now = Duration.seconds(180 * minute)
            let malformed = machine.received(.malformed, now: now)
            #expect(isStream(afterWait(malformed, &machine, now: now), from: "50"))
            machine.watchOpened(now: now)
            #expect(isStream(machine.received(.error(status), now: now), from: nil))
            #expect(machine.lastRestart == .expired)
            machine.watchOpened(now: now)
            _ = machine.received(end("50"), now: now)
            machine.streamReplaced()
        }
    }

    @Test("the bookmark that ends the initial events promises no others")
    func noRhythm() {
        var machine = synced()
        for version in ["51", "52"] {
            _ = machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion(version))), now: .seconds(9))
        }
        let malformed = machine.received(.malformed, now: .seconds(130))
        _ = afterWait(malformed, &machine, now: .seconds(131))
        machine.watchOpened(now: .seconds(131))
        _ = machine.received(end("600"), now: .seconds(132))
        machine.streamReplaced()
        #expect(machine.silenceDeadline(lastLineAt: .seconds(132)) >= .seconds(132 + 300 + 30))
    }

    @Test(
        "a server that refuses the parameters is asked for pages at once, and again for a stream an hour later",
        arguments: [KubernetesError.Code.invalid, .badRequest])
    func refused(code: KubernetesError.Code) {
        var machine = make(opened: false)
        #expect(isList(machine.watchFailed(KubernetesError(code, ""), now: .zero), from: "0"))
        #expect(machine.lastRestart == nil)
        _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("50")), now: .zero)
        _ = machine.replaced()
        machine.watchOpened(now: .zero)
        let early = machine.received(.malformed, now: .seconds(3_500))
        #expect(isList(afterWait(early, &machine, now: .seconds(3_599)), from: "50"))
        let late = machine.listFailed(KubernetesError(.unreachable, ""), now: .seconds(3_599))
        #expect(isStream(afterWait(late, &machine, now: .seconds(3_600)), from: "50"))
    }

    @Test("without its last bookmark a stream is given up 30 s after its last event, after 2 min anyway, for an hour")
    func noEnd() {
        var machine = make()
        #expect(machine.silenceDeadline(lastLineAt: .zero) == .seconds(30))
        #expect(machine.silenceDeadline(lastLineAt: .seconds(50)) == .seconds(80))
        #expect(machine.silenceDeadline(lastLineAt: .seconds(110)) == .seconds(120))
        #expect(isList(machine.watchStalled(now: .seconds(120)), from: "0"))
        #expect(machine.resourceVersion == nil)
        let later = machine.listFailed(KubernetesError(.unreachable, ""), now: .seconds(120))
        #expect(isList(afterWait(later, &machine, now: .seconds(3_719)), from: "0"))
        let muchLater = machine.listFailed(KubernetesError(.unreachable, ""), now: .seconds(3_719))
        #expect(isStream(afterWait(muchLater, &machine, now: .seconds(3_720)), from: nil))
    }

    enum Early: CaseIterable { case ended, reset, malformed, error, html }

    @Test(
        "a stream that ends before its last bookmark is tried once more, after a wait, and then not for an hour",
        arguments: Early.allCases)
    func endsEarly(how: Early) {
        var machine = make()
        func fail(at time: Duration) -> Machine.Action? {
            _ = machine.received(.object(ResourceVersion("9")), now: time)
            return switch how {
            case .ended: machine.watchEnded(now: time)
            case .reset: machine.watchFailed(KubernetesError(.unreachable, ""), now: time)
            case .malformed: machine.received(.malformed, now: time)
            case .error: machine.received(.error(APIStatus(code: 500)), now: time)
            case .html: machine.watchFailed(KubernetesError(.malformedAnswer, ""), now: time)
            }
        }
        let first = fail(at: .seconds(1))
        #expect(isStream(afterWait(first, &machine, now: .seconds(2)), from: nil))
        machine.watchOpened(now: .seconds(2))
        let second = fail(at: .seconds(3))
        #expect(isList(afterWait(second, &machine, now: .seconds(3_602)), from: "0"))
        let third = machine.listFailed(KubernetesError(.unreachable, ""), now: .seconds(3_602))
        #expect(isStream(afterWait(third, &machine, now: .seconds(3_603)), from: nil))
    }

    @Test("a success between them forgives an early end")
    func forgives() {
        var machine = make()
        let first = machine.watchEnded(now: .seconds(1))
        _ = afterWait(first, &machine, now: .seconds(2))
        machine.watchOpened(now: .seconds(2))
        _ = machine.received(end("50"), now: .seconds(3))
        machine.streamReplaced()
        let malformed = machine.received(.malformed, now: .seconds(4))
        #expect(isStream(afterWait(malformed, &machine, now: .seconds(5)), from: "50"))
        machine.watchOpened(now: .seconds(5))
        let second = machine.watchEnded(now: .seconds(6))
        #expect(isStream(afterWait(second, &machine, now: .seconds(7)), from: "50"))
    }

    @Test(
        "what has nothing to do with streaming is no reason to give it up",
        arguments: [
            KubernetesError.Code.unreachable, .tooManyRequests, .forbidden, .notServed, .unauthorized, .expired,
        ])
    func unrelated(code: KubernetesError.Code) {
        var machine = make(opened: false)
        for second in 0..<10 {
            var action: Machine.Action? = machine.watchFailed(KubernetesError(code, ""), now: .seconds(second))
            if case .wait? = action { action = machine.waited(now: .seconds(second)) }
            #expect(isStream(action, from: nil))
        }
    }

    @Test(
        "a server that cannot open a stream, nor send pages, is away; streams are asked for when it is back",
        arguments: [KubernetesError.Code.serverError, .timeout, .malformedAnswer])
    func restart(code: KubernetesError.Code) {
        var machine = make(opened: false)
        var action: Machine.Action? = .wait(.zero)
        for second in 1..<100 {
            switch action {
            case .wait?: action = machine.waited(now: .seconds(second))
            case .list?: action = machine.listFailed(KubernetesError(code, ""), now: .seconds(second))
            case .watch?: action = machine.watchFailed(KubernetesError(code, ""), now: .seconds(second))
            default: Issue.record("\(String(describing: action))")
            }
        }
        // It is back: at once, or at most after a list in pages, streams are there.
        for _ in 0..<10 {
            if case .wait? = action { action = machine.waited(now: .seconds(101)) }
            guard case .list? = action else { break }
            action = machine.listFailed(KubernetesError(code, ""), now: .seconds(101))
        }
        #expect(isStream(action, from: nil))
    }

    @Test("a server that can list but never opens a stream is asked for pages, and for a stream an hour later")
    func onlyPages() {
        var machine = make(opened: false)
        var action: Machine.Action? = .watch(.init(sendsInitialEvents: true, timeoutSeconds: 0))
        var streams = 0
        for second in 1..<40 {
            guard case .watch(let request)? = action, request.sendsInitialEvents else { break }
            streams += 1
            let failed = machine.watchFailed(KubernetesError(.serverError, ""), now: .seconds(second))
            action = afterWait(failed, &machine, now: .seconds(second))
        }
        #expect((3...10).contains(streams))
        #expect(isList(action, from: "0"))
        _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("50")), now: .seconds(50))
        _ = machine.replaced()
        machine.watchOpened(now: .seconds(50))
        let early = machine.received(.malformed, now: .seconds(3_000))
        #expect(isList(afterWait(early, &machine, now: .seconds(3_001)), from: "50"))
        let late = machine.listFailed(KubernetesError(.unreachable, ""), now: .seconds(3_002))
        #expect(isStream(afterWait(late, &machine, now: .seconds(3_700)), from: "50"))
    }

    @Test("health is good only when the list is complete")
    func health() {
        var machine = make(opened: false)
        let failed = machine.watchFailed(KubernetesError(.forbidden, "no"), now: .zero)
        _ = afterWait(failed, &machine, now: .zero)
        machine.watchOpened(now: .zero)
        #expect(machine.problem?.reason == .forbidden)
        _ = machine.received(end("5"), now: .zero)
        machine.streamReplaced()
        #expect(machine.problem == nil)
    }
}
