import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("WatchStateMachine")
struct WatchStateMachineTests {
    private typealias Machine = WatchStateMachine

    private struct Fixed: RandomSource {
        var value: UInt64 = .max / 2
        func next() -> UInt64 { value }
    }

    private func make(listed version: String? = nil, random: any RandomSource = Fixed()) -> Machine {
        var machine = Machine(random: random, streamingLists: .never)
        _ = machine.start(now: .zero)
        if let version {
            _ = machine.listed(ListMeta(resourceVersion: ResourceVersion(version)), now: .zero)
            _ = machine.replaced()
            machine.watchOpened(now: .zero)
        }
        return machine
    }

    private func list(_ version: String?, limit: Int?, continue token: String? = nil) -> Machine.Action {
        .list(.init(resourceVersion: version.map(ResourceVersion.init), limit: limit, continueToken: token))
    }

    /// What follows a wait.
    private func afterWait(_ action: Machine.Action?, _ machine: inout Machine) throws -> (Duration, Machine.Action) {
        guard case .wait(let delay) = try #require(action) else {
            Issue.record("expected a wait, got \(String(describing: action))")
            return (.zero, machine.waited(now: .zero))
        }
        return (delay, machine.waited(now: .zero))
    }

    private func isWatch(_ action: Machine.Action, from version: String) -> Bool {
        guard case .watch(let request) = action else { return false }
        return request.resourceVersion?.text == version && !request.sendsInitialEvents
            && (300...600).contains(request.timeoutSeconds)
    }

    // MARK: Lists

    @Test("the first list may come from the server's cache, and the watch begins at the list's version")
    func firstList() {
        var machine = Machine(random: Fixed(), streamingLists: .never)
        #expect(machine.start(now: .zero) == list("0", limit: 500))
        #expect(
            machine.listed(ListMeta(resourceVersion: ResourceVersion("77")), now: .zero)
                == .replace(ResourceVersion("77")))
        #expect(isWatch(machine.replaced(), from: "77"))
    }

    @Test("pages are followed by their token, even from an empty page, until there is none")
    func pages() {
        var machine = Machine(random: Fixed(), streamingLists: .never)
        _ = machine.start(now: .zero)
        let next = ListMeta(resourceVersion: ResourceVersion("5"), continue: "token")
        #expect(machine.listed(next, now: .zero) == list(nil, limit: 500, continue: "token"))
        #expect(
            machine.listed(ListMeta(resourceVersion: ResourceVersion("5"), continue: ""), now: .zero)
                == .replace(ResourceVersion("5")))
    }

    @Test("a snapshot that expires between pages leads to one list without pages, never to a partial one")
    func expiredPage() {
        var machine = Machine(random: Fixed(), streamingLists: .never)
        _ = machine.start(now: .zero)
        _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("5"), continue: "token"), now: .zero)
        #expect(machine.listFailed(KubernetesError(.expired, "gone"), now: .zero) == list(nil, limit: nil))
    }

    @Test(
        "later lists are never older than what was delivered, and have no limit, which would bypass the server's cache")
    func laterList() throws {
        var machine = make(listed: "50")
        _ = machine.received(.object(ResourceVersion("60")), now: .seconds(1))
        let (_, next) = try afterWait(machine.received(.malformed, now: .seconds(2)), &machine)
        #expect(next == list("60", limit: nil))
    }

    @Test(
        "a version that expired or that the server has not reached leads to a quorum list",
        arguments: [
            KubernetesError.Code.expired, .resourceVersionTooLarge,
        ])
    func unavailableVersion(code: KubernetesError.Code) throws {
        var machine = make(listed: "50")
        #expect(machine.watchFailed(KubernetesError(code, ""), now: .zero) == list(nil, limit: 500))
        _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("9")), now: .zero)
        #expect(isWatch(machine.replaced(), from: "9"))

        var listing = make(listed: "50")
        _ = listing.received(.malformed, now: .zero)
        _ = listing.waited(now: .zero)
        #expect(listing.listFailed(KubernetesError(code, ""), now: .zero) == list(nil, limit: 500))
        let (_, again) = try afterWait(listing.listFailed(KubernetesError(code, ""), now: .zero), &listing)
        #expect(again == list(nil, limit: 500))
    }

    @Test("after an expiry the list is asked for at once, unless the last expiry was less than two minutes ago")
    func repeatedExpiry() {
        var machine = make(listed: "50")
        let gone = Machine.Received.error(APIStatus(code: 410, message: "too old"))
        /// The server forgets the version; then it is listed, and watched again.
        ///
        /// - Returns: after how many milliseconds it is listed.
        func expire(at time: Duration) -> Int {
            var action = machine.received(gone, now: time)
            #expect(machine.problem == SourceHealth.Problem(.unavailable, "too old"))
            var wait = Duration.zero
            if case .wait(let delay)? = action {
                wait = delay
                action = machine.waited(now: time)
            }
            #expect(action == list(nil, limit: 500))
            _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("60")), now: time)
            _ = machine.replaced()
            machine.watchOpened(now: time)
            #expect(machine.problem == nil)
            return Int((wait / .milliseconds(1)).rounded())
        }
        #expect(expire(at: .seconds(1_000)) == 0)
        #expect(expire(at: .seconds(1_001)) == 400)
        #expect(expire(at: .seconds(1_002)) == 800)
        #expect(expire(at: .seconds(1_121)) == 1_600)
        #expect(expire(at: .seconds(1_241)) == 0)
    }

    @Test("a server that was away and has forgotten the version meanwhile is listed as soon as it is back")
    func expiryAfterOutage() throws {
        var machine = make(listed: "50")
        for second in 0..<60 {
            let failed = machine.watchFailed(KubernetesError(.unreachable, ""), now: .seconds(second))
            #expect(isWatch(try afterWait(failed, &machine).1, from: "50"))
        }
        #expect(
            machine.watchFailed(KubernetesError(.expired, "too old"), now: .seconds(60)) == list(nil, limit: 500))
    }

    @Test("a list without version is a failure")
    func noVersion() throws {
        var machine = Machine(random: Fixed(), streamingLists: .never)
        _ = machine.start(now: .zero)
        let (_, next) = try afterWait(machine.listed(ListMeta(), now: .zero), &machine)
        #expect(next == list("0", limit: 500))
    }

    // MARK: Watches

    @Test("the watch resumes at the newest event or bookmark, and never goes back")
    func resumes() {
        var machine = make(listed: "50")
        #expect(machine.received(.object(ResourceVersion("60")), now: .seconds(2)) == nil)
        #expect(
            machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("70"))), now: .seconds(3)) == nil)
        #expect(machine.received(.object(ResourceVersion("65")), now: .seconds(4)) == nil)
        #expect(isWatch(machine.watchEnded(now: .seconds(300)), from: "70"))
    }

    @Test("a watch that ends at once without a line is a failure, one that lived is not")
    func shortWatch() throws {
        var machine = make(listed: "50")
        let (_, next) = try afterWait(machine.watchEnded(now: .milliseconds(900)), &machine)
        #expect(isWatch(next, from: "50"))
        machine.watchOpened(now: .seconds(10))
        #expect(isWatch(machine.watchEnded(now: .seconds(11)), from: "50"))
        machine.watchOpened(now: .seconds(20))
        _ = machine.received(.object(ResourceVersion("51")), now: .seconds(20))
        #expect(isWatch(machine.watchEnded(now: .seconds(20)), from: "51"))
    }

    enum Then { case sameVersion, list, quorumList }

    static let openingFailures: [(KubernetesError.Code, Then, SourceHealth.Reason)] = [
        (.unreachable, .sameVersion, .unavailable), (.timeout, .sameVersion, .unavailable),
        (.tooManyRequests, .sameVersion, .unavailable), (.serverError, .sameVersion, .unavailable),
        (.malformedAnswer, .sameVersion, .unavailable), (.forbidden, .sameVersion, .forbidden),
        (.notServed, .list, .notServed), (.notFound, .list, .notServed),
        (.expired, .quorumList, .unavailable), (.resourceVersionTooLarge, .quorumList, .unavailable),
        (.invalid, .list, .unavailable), (.badRequest, .list, .unavailable),
    ]

    @Test(
        "a watch that cannot be opened waits, shows why, and goes on where it makes sense", arguments: openingFailures)
    func openingFails(code: KubernetesError.Code, then: Then, reason: SourceHealth.Reason) throws {
        var machine = make(listed: "50")
        _ = machine.watchEnded(now: .seconds(5))
        let action = machine.watchFailed(KubernetesError(code, "because"), now: .seconds(6))
        #expect(machine.problem == SourceHealth.Problem(reason, "because"))
        if then == .quorumList {
            #expect(action == list(nil, limit: 500))
            return
        }
        let (delay, next) = try afterWait(action, &machine)
        #expect(delay <= .seconds(30))
        if code == .forbidden { #expect(delay >= .seconds(24)) }
        switch then {
        case .sameVersion: #expect(isWatch(next, from: "50"))
        case .list, .quorumList: #expect(next == list("50", limit: nil))
        }
        machine.watchOpened(now: .seconds(40))
        if then == .sameVersion { #expect(machine.problem == nil) }
    }

    @Test("refused credentials are tried once more at once, then with backoff; success allows that again")
    func unauthorized() throws {
        var machine = make(listed: "50")
        let error = KubernetesError(.unauthorized, "401")
        #expect(isWatch(machine.watchFailed(error, now: .zero), from: "50"))
        let (_, next) = try afterWait(machine.watchFailed(error, now: .zero), &machine)
        #expect(machine.problem?.reason == .unauthorized)
        #expect(isWatch(next, from: "50"))
        machine.watchOpened(now: .seconds(1))
        #expect(isWatch(machine.watchFailed(error, now: .seconds(2)), from: "50"))
    }

    @Test("a server that says how long to wait is obeyed")
    func retryAfter() throws {
        var machine = make(listed: "50")
        let error = KubernetesError(.tooManyRequests, "", retryAfter: .seconds(100))
        let (delay, next) = try afterWait(machine.watchFailed(error, now: .zero), &machine)
        #expect(delay >= .seconds(90) && delay <= .seconds(110))
        #expect(isWatch(next, from: "50"))
    }

    static let errorEvents: [(APIStatus, Then)] = [
        (APIStatus(code: 410, reason: "Expired"), .quorumList), (APIStatus(code: 410), .quorumList),
        (APIStatus(reason: "Gone"), .quorumList), (APIStatus(code: 429), .sameVersion),
        (APIStatus(code: 500, reason: "InternalError"), .sameVersion), (APIStatus(code: 403), .list),
        (APIStatus(), .list),
    ]

    @Test("an error inside the stream leads to what its status means", arguments: errorEvents)
    func errorEvent(status: APIStatus, then: Then) throws {
        var machine = make(listed: "50")
        let action = machine.received(.error(status), now: .seconds(5))
        switch then {
        case .sameVersion: #expect(isWatch(try afterWait(action, &machine).1, from: "50"))
        case .list: #expect(try afterWait(action, &machine).1 == list("50", limit: nil))
        case .quorumList: #expect(action == list(nil, limit: 500))
        }
    }

    @Test("internal errors are retried at the same version five times or for a minute, then the list is repeated")
    func internalErrors() throws {
        let status = APIStatus(code: 500, reason: "InternalError")
        var machine = make(listed: "50")
        for second in 0..<5 {
            let (_, next) = try afterWait(machine.received(.error(status), now: .seconds(second)), &machine)
            #expect(isWatch(next, from: "50"))
            machine.watchOpened(now: .seconds(second))
        }
        #expect(try afterWait(machine.received(.error(status), now: .seconds(6)), &machine).1 == list("50", limit: nil))

        var slow = make(listed: "50")
        _ = try afterWait(slow.received(.error(status), now: .zero), &slow)
        slow.watchOpened(now: .zero)
        #expect(try afterWait(slow.received(.error(status), now: .seconds(60)), &slow).1 == list("50", limit: nil))
    }

    @Test("a stream that breaks with nonsense after events leads to a list, since an event was lost")
    func malformedStream() throws {
        var machine = make(listed: "50")
        _ = machine.received(.object(ResourceVersion("51")), now: .seconds(3))
        let (_, next) = try afterWait(
            machine.watchFailed(KubernetesError(.malformedAnswer, ""), now: .seconds(4)), &machine)
        #expect(next == list("51", limit: nil))
    }

    // MARK: Silence and backoff

    @Test("silence is allowed until the server's own limit, and for 150 s once two bookmarks were seen")
    func silence() {
        var machine = Machine(random: Fixed(), streamingLists: .never)
        _ = machine.start(now: .zero)
        _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("5")), now: .zero)
        guard case .watch(let request) = machine.replaced() else {
            Issue.record("no watch")
            return
        }
        machine.watchOpened(now: .zero)
        func limit(after second: Int) -> Duration {
            machine.silenceDeadline(lastLineAt: .seconds(second)) - .seconds(second)
        }
        #expect(limit(after: 0) == .seconds(request.timeoutSeconds + 30))
        _ = machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("6"))), now: .seconds(60))
        #expect(limit(after: 60) == .seconds(request.timeoutSeconds + 30))
        _ = machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("7"))), now: .seconds(120))
        #expect(limit(after: 120) == .seconds(150))
        #expect(isWatch(machine.watchStalled(now: .seconds(270)), from: "7"))
        #expect(machine.lastRestart == .stalled)
    }

    @Test("a stream without a bookmark of its own may be silent until the server's limit, whatever came on others")
    func quietStream() {
        var machine = make(listed: "5")
        for version in ["6", "7"] {
            _ = machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion(version))), now: .seconds(60))
        }
        guard case .watch(let request) = machine.watchEnded(now: .seconds(300)) else {
            Issue.record("no watch")
            return
        }
        machine.watchOpened(now: .seconds(300))
        let patient = Duration.seconds(300 + request.timeoutSeconds + 30)
        #expect(machine.silenceDeadline(lastLineAt: .seconds(300)) == patient)
        // Neither does an object promise a bookmark: it may be older than the point at which bookmarks begin.
        _ = machine.received(.object(ResourceVersion("8")), now: .seconds(300))
        #expect(machine.silenceDeadline(lastLineAt: .seconds(300)) == patient)
        _ = machine.received(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("9"))), now: .seconds(360))
        #expect(machine.silenceDeadline(lastLineAt: .seconds(360)) == .seconds(510))
    }

    @Test("the backoff doubles from 0.8 s to 30 s, is fully jittered, and begins anew after two minutes of health")
    func backoff() {
        var backoff = WatchBackoff()
        let full = (0..<8).map { backoff.next(now: .seconds($0 * 30), unit: 1) }
        let expected = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30].map { Duration.milliseconds($0 * 1_000) }
        #expect(full == expected)
        #expect(backoff.next(now: .seconds(240), unit: 0) == .zero)
        #expect(backoff.next(now: .seconds(359), unit: 0.5) == .seconds(15))
        #expect(backoff.next(now: .seconds(479), unit: 0.5) == .milliseconds(400))
    }

    @Test("the time limits of watches are spread over 5 to 10 minutes")
    func spread() {
        let random = SeededRandomSource(seed: 1)
        let limits = (0..<200).compactMap { _ -> Int? in
            var machine = Machine(random: random, streamingLists: .never)
            _ = machine.start(now: .zero)
            _ = machine.listed(ListMeta(resourceVersion: ResourceVersion("5")), now: .zero)
            guard case .watch(let request) = machine.replaced() else { return nil }
            return request.timeoutSeconds
        }
        #expect(limits.count == 200)
        #expect(limits.allSatisfy { (300...600).contains($0) })
        #expect((limits.max() ?? 0) - (limits.min() ?? 0) > 250)
    }

    @Test(
        "random histories: no delta before a list, the version only goes back by a quorum list, waits are bounded",
        arguments: 0..<50)
    func property(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        let codes: [KubernetesError.Code] = [
            .unreachable, .unauthorized, .forbidden, .notServed, .expired, .resourceVersionTooLarge, .tooManyRequests,
            .serverError, .malformedAnswer, .invalid,
        ]
        var machine = Machine(random: random, streamingLists: .never)
        var action = machine.start(now: .zero)
        var now = Duration.zero
        var delivered: ResourceVersion?
        var server = 10
        var isQuorum = false
        for _ in 0..<500 {
            now += .milliseconds(pick(5_000))
            server += pick(3)
            switch action {
            case .list(let request):
                isQuorum = request.resourceVersion == nil
                if let wanted = request.resourceVersion, wanted.text != "0", let delivered {
                    #expect(wanted.isAtLeast(delivered) == true)
                }
                #expect(request.limit == nil || isQuorum || request.resourceVersion?.text == "0")
                if pick(3) == 0 {
                    action = machine.listFailed(KubernetesError(codes[pick(codes.count)], ""), now: now)
                } else {
                    let token = isQuorum && pick(3) == 0 ? "t" : nil
                    action = machine.listed(
                        ListMeta(resourceVersion: ResourceVersion("\(server)"), continue: token), now: now)
                }
            case .replace(let version):
                if let delivered, !isQuorum { #expect(version.isAtLeast(delivered) == true) }
                delivered = version
                action = machine.replaced()
            case .watch(let request):
                #expect(request.resourceVersion == delivered)
                guard pick(3) > 0 else {
                    action = machine.watchFailed(KubernetesError(codes[pick(codes.count)], ""), now: now)
                    continue
                }
                machine.watchOpened(now: now)
                for _ in 0..<pick(5) {
                    server += 1
                    delivered = ResourceVersion("\(server)")
                    #expect(machine.received(.object(delivered), now: now) == nil)
                }
                switch pick(3) {
                case 0: action = machine.watchEnded(now: now)
                case 1: action = machine.watchStalled(now: now)
                default:
                    action =
                        machine.received(.error(APIStatus(code: [410, 429, 500, 418][pick(4)])), now: now) ?? action
                }
            case .wait(let delay):
                #expect(delay >= .zero && delay <= .seconds(30))
                #expect(machine.problem != nil)
                now += delay
                action = machine.waited(now: .zero)
            }
        }
    }
}
