import KubernetesModel
import Testing

@testable import ControllerRuntime

@Suite("LeaderElectionState")
struct LeaderElectionStateTests {
    private let time = WallTime(secondsSince1970: 1_000)

    private func make(_ identity: String = "me") throws -> LeaderElectionState {
        LeaderElectionState(identity: identity, settings: try LeaderElectionSettings())
    }

    private func lease(
        _ version: String, holder: String?, renewed: String = "then", duration: Int = 15, transitions: Int = 3
    ) -> Lease {
        Lease(
            metadata: ObjectMeta(name: "l", namespace: "ns", resourceVersion: ResourceVersion(version)),
            spec: Lease.Spec(
                holderIdentity: holder, leaseDurationSeconds: duration, acquireTime: "long ago", renewTime: renewed,
                leaseTransitions: transitions))
    }

    @Test("nothing is written before the lease was read; an absent one is created")
    func absent() throws {
        var state = try make()
        #expect(state.next(now: .zero, time: time) == .read)
        state.read(nil, now: .zero)
        #expect(
            state.next(now: .zero, time: time)
                == .create(
                    Lease.Spec(
                        holderIdentity: "me", leaseDurationSeconds: 15, acquireTime: time.rfc3339Micro,
                        renewTime: time.rfc3339Micro, leaseTransitions: 0)))
    }

    @Test("another's lease is waited for until it was seen unchanged for its own duration, whatever its times say")
    func expiry() throws {
        var state = try make()
        state.read(lease("1", holder: "other", renewed: "1970-01-01T00:00:00Z"), now: .seconds(100))
        #expect(state.next(now: .seconds(114.9), time: time) == .waitForHolder)
        state.read(lease("1", holder: "other", renewed: "1970-01-01T00:00:00Z"), now: .seconds(110))
        guard case .write(let spec, let version) = state.next(now: .seconds(115), time: time) else {
            Issue.record("the expired lease was not taken")
            return
        }
        #expect(version.text == "1")
        #expect(spec.holderIdentity == "me")
        #expect(spec.leaseTransitions == 4)
        #expect(spec.acquireTime == time.rfc3339Micro)
    }

    @Test("every change of the record starts the wait anew")
    func renewedByOther() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        state.read(lease("2", holder: "other", renewed: "later"), now: .seconds(14))
        #expect(state.next(now: .seconds(28), time: time) == .waitForHolder)
        #expect(state.next(now: .seconds(29), time: time) != .waitForHolder)
    }

    @Test("what does not touch the record, such as an annotation, keeps no dead leader alive")
    func annotated() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        state.read(lease("2", holder: "other"), now: .seconds(14))
        #expect(state.next(now: .seconds(14.9), time: time) == .waitForHolder)
        guard case .write(_, let version) = state.next(now: .seconds(15), time: time) else {
            Issue.record("not taken")
            return
        }
        #expect(version.text == "2")
    }

    @Test("a lease that does not last whole seconds is announced as the longer one")
    func fractions() throws {
        let settings = try LeaderElectionSettings(
            leaseDuration: .seconds(2.3), renewDeadline: .seconds(1), retryPeriod: .milliseconds(500))
        var state = LeaderElectionState(identity: "me", settings: settings)
        state.read(nil, now: .zero)
        guard case .create(let spec) = state.next(now: .zero, time: time) else {
            Issue.record("not created")
            return
        }
        #expect(spec.leaseDurationSeconds == 3)
    }

    @Test("a released lease is taken at once", arguments: ["", nil])
    func released(holder: String?) throws {
        var state = try make()
        state.read(lease("1", holder: holder, duration: 1), now: .zero)
        guard case .write(let spec, _) = state.next(now: .zero, time: time) else {
            Issue.record("not taken")
            return
        }
        #expect(spec.leaseTransitions == 4)
    }

    @Test("a renewal keeps the time of acquisition and the count of transitions")
    func renewal() throws {
        var state = try make()
        state.wrote(lease("1", holder: "me"), startedAt: .seconds(1), now: .seconds(2))
        #expect(state.isLeading)
        #expect(state.writableUntil == .seconds(11))
        guard case .write(let spec, let version) = state.next(now: .seconds(3), time: time) else {
            Issue.record("not renewed from memory")
            return
        }
        #expect(version.text == "1")
        #expect(spec.acquireTime == "long ago")
        #expect(spec.leaseTransitions == 3)
    }

    @Test("after a write without an answer the lease is read before anything else, at shutdown, too")
    func doubt() throws {
        var state = try make()
        state.wrote(lease("1", holder: "me"), startedAt: .zero, now: .zero)
        state.writes()
        #expect(state.next(now: .zero, time: time) == .read)
        #expect(state.release(time: time) == .read)
        state.tried(isFailure: true, now: .zero)
        #expect(state.next(now: .zero, time: time) == .read)
        #expect(!state.isHeldByOther)
        state.read(lease("2", holder: "other"), now: .seconds(1))
        #expect(state.isHeldByOther)
        #expect(state.next(now: .seconds(1), time: time) == .waitForHolder)
        #expect(state.release(time: time) == .nothing)
    }

    @Test("what was read before is as true after a failed read as it was")
    func failedRead() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        state.tried(isFailure: true, now: .seconds(10))
        state.read(lease("1", holder: "other"), now: .seconds(12))
        #expect(state.next(now: .seconds(14.9), time: time) == .waitForHolder)
        state.tried(isFailure: true, now: .seconds(15))
        guard case .write = state.next(now: .seconds(15), time: time) else {
            Issue.record("not taken")
            return
        }
        // A write that was refused or lost changes nothing about the record's age either.
        state.writes()
        state.tried(isFailure: true, now: .seconds(16))
        state.read(lease("1", holder: "other"), now: .seconds(18))
        #expect(state.next(now: .seconds(18), time: time) != .waitForHolder)
    }

    @Test("a standby looks three times a second and when the lease expires; otherwise the retry period counts")
    func candidatePause() throws {
        var state = try make()
        #expect(state.pauseOfCandidate(now: .zero, unit: 0) == .seconds(2))
        #expect(state.pauseOfCandidate(now: .zero, unit: 0.999) > .seconds(4))
        state.read(lease("1", holder: "other"), now: .seconds(1))
        #expect(state.pauseOfCandidate(now: .seconds(1), unit: 0) == .milliseconds(240))
        #expect(state.pauseOfCandidate(now: .seconds(1), unit: 0.5) == .milliseconds(300))
        #expect(state.pauseOfCandidate(now: .seconds(15.75), unit: 0.5) == .milliseconds(250))
        // Expired, and yet not ours: somebody else was faster.
        #expect(state.pauseOfCandidate(now: .seconds(16), unit: 0.5) == .milliseconds(300))
        state.tried(isFailure: true, now: .seconds(16))
        #expect(state.pauseOfCandidate(now: .seconds(16), unit: 0) == .seconds(2))
        // Not even a failure makes a standby miss the end of the lease.
        #expect(state.pauseOfCandidate(now: .seconds(15), unit: 0.5) == .seconds(1))
        state.read(lease("2", holder: ""), now: .seconds(17))
        #expect(state.pauseOfCandidate(now: .seconds(17), unit: 0) == .seconds(2))
    }

    @Test("a standby follows the lease until it expires, but not while a failure or a doubt is fresh")
    func rest() throws {
        var state = try make()
        #expect(state.rest(now: .zero, unit: 0) == .pause(.seconds(2)))
        state.read(lease("1", holder: "other"), now: .zero)
        #expect(state.rest(now: .zero, unit: 0) == .watch(from: ResourceVersion("1")))
        state.tried(isFailure: true, now: .zero)
        #expect(state.rest(now: .zero, unit: 0) == .pause(.seconds(2)))
        state.read(lease("2", holder: "other"), now: .zero)
        state.watchEnded(.failed, now: .zero)
        #expect(state.rest(now: .milliseconds(999), unit: 0.5) == .pause(.milliseconds(300)))
        #expect(state.rest(now: .seconds(1), unit: 0.5) == .watch(from: ResourceVersion("2")))
        #expect(state.rest(now: .seconds(15), unit: 0.5) == .pause(.milliseconds(300)))
        state.writes()
        #expect(state.rest(now: .seconds(1), unit: 0.5) == .pause(.milliseconds(300)))
        for free in [lease("3", holder: ""), lease("3", holder: "me"), nil] {
            state.read(free, now: .seconds(15))
            #expect(state.rest(now: .seconds(15), unit: 0) == .pause(.seconds(2)))
        }
    }

    @Test("where watches are refused a standby asks each second")
    func refusedWatch() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        #expect(!state.isWatchRefused)
        state.watchEnded(.refused, now: .zero)
        #expect(state.isWatchRefused)
        #expect(state.rest(now: .seconds(1), unit: 0.5) == .pause(.seconds(1)))
        // Never beyond the end of the lease, as ever.
        #expect(state.rest(now: .seconds(14.5), unit: 0.5) == .pause(.milliseconds(500)))
    }

    @Test("what a watch shows counts as if it had been read; it goes on while the same holder has the lease")
    func heard() throws {
        var state = try make()
        state.start(now: .zero)
        state.read(lease("1", holder: "other"), now: .zero)
        state.watchBegins(now: .zero)
        #expect(state.heard(.modified(lease("2", holder: "other", renewed: "later")), now: .seconds(2)) == nil)
        #expect(state.next(now: .seconds(16.9), time: time) == .waitForHolder)
        // No renewal: the record is as old as it was.
        #expect(state.heard(.modified(lease("3", holder: "other", renewed: "later")), now: .seconds(10)) == nil)
        #expect(state.heard(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("9"))), now: .seconds(11)) == nil)
        guard case .write(_, let version) = state.next(now: .seconds(17), time: time) else {
            Issue.record("not taken")
            return
        }
        #expect(version.text == "3")
        #expect(state.heard(.modified(lease("4", holder: "third")), now: .seconds(12)) == .decided)
        #expect(state.otherHolder == "third")
        #expect(state.heard(.modified(lease("5", holder: "")), now: .seconds(13)) == .decided)
        #expect(state.next(now: .seconds(13), time: time) != .waitForHolder)
        #expect(state.heard(.deleted(lease("6", holder: "")), now: .seconds(14)) == .decided)
        guard case .create = state.next(now: .seconds(14), time: time) else {
            Issue.record("not created")
            return
        }
        // Who hears something is no standby that hangs.
        #expect(state.overdueAt == .seconds(14 + 35))
    }

    @Test("a line that is no event, or tells of a failure, ends the watch and changes nothing")
    func badLine() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        #expect(state.heard(nil, now: .seconds(1)) == .failed)
        #expect(state.heard(.error(APIStatus(code: 410, reason: "Expired")), now: .seconds(1)) == .failed)
        #expect(state.next(now: .seconds(14.9), time: time) == .waitForHolder)
        #expect(state.next(now: .seconds(15), time: time) != .waitForHolder)
    }

    @Test("a watch is relied on for the time of two renewals without a word, and never beyond the end of the lease")
    func watchDeadline() throws {
        var state = try make()
        state.read(lease("1", holder: "other"), now: .zero)
        state.watchBegins(now: .seconds(1))
        #expect(state.watchDeadline.at == .seconds(6))
        #expect(state.watchDeadline.end == .failed)
        _ = state.heard(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("2"))), now: .seconds(9))
        #expect(state.watchDeadline.at == .seconds(14))
        #expect(state.watchDeadline.end == .failed)
        _ = state.heard(.bookmark(WatchBookmark(resourceVersion: ResourceVersion("3"))), now: .seconds(10))
        #expect(state.watchDeadline.at == .seconds(15))
        #expect(state.watchDeadline.end == .decided)
        _ = state.heard(.modified(lease("4", holder: "other", renewed: "later")), now: .seconds(14))
        #expect(state.watchDeadline.at == .seconds(19))
        #expect(state.watchDeadline.end == .failed)
        // Where others wait but a short time, so does this.
        let short = try LeaderElectionSettings(
            leaseDuration: .seconds(6), renewDeadline: .seconds(5), retryPeriod: .seconds(4))
        var hasty = LeaderElectionState(identity: "me", settings: short)
        hasty.read(lease("1", holder: "other", duration: 6), now: .zero)
        hasty.watchBegins(now: .zero)
        #expect(hasty.watchDeadline.at == .seconds(3))
        #expect(hasty.watchDeadline.end == .failed)
    }

    @Test("only a lease of our own is released, over the version that was seen, whether we led already or not")
    func releases() throws {
        var state = try make()
        #expect(state.release(time: time) == .nothing)
        state.read(lease("1", holder: "other"), now: .zero)
        #expect(state.release(time: time) == .nothing)
        state.read(nil, now: .zero)
        #expect(state.release(time: time) == .nothing)
        let free = Lease.Spec(
            holderIdentity: "", leaseDurationSeconds: 1, acquireTime: time.rfc3339Micro, renewTime: time.rfc3339Micro,
            leaseTransitions: 3)
        state.read(lease("2", holder: "me"), now: .zero)
        #expect(state.release(time: time) == .write(free, over: ResourceVersion("2")))
        state.wrote(lease("3", holder: "me"), startedAt: .zero, now: .zero)
        #expect(state.release(time: time) == .write(free, over: ResourceVersion("3")))
    }

    @Test("a candidate is overdue when its try does not end, a leader when its renewals do not succeed")
    func overdue() throws {
        var state = try make()
        #expect(state.overdueAt == nil)
        state.start(now: .seconds(100))
        #expect(state.overdueAt == .seconds(135))
        state.tried(isFailure: true, now: .seconds(130))
        #expect(state.overdueAt == .seconds(165))
        state.wrote(lease("1", holder: "me"), startedAt: .seconds(140), now: .seconds(141))
        state.tried(isFailure: true, now: .seconds(170))
        #expect(state.overdueAt == .seconds(175))
        state.stop()
        #expect(state.overdueAt == nil)
    }

    @Test(
        "times that would allow two leaders are refused",
        arguments: [(10, 10, 2), (15, 10, 9), (15, 10, 0), (15, 16, 2), (10.9, 10, 2)] as [(Double, Double, Double)])
    func settings(lease: Double, renew: Double, retry: Double) {
        #expect(throws: LeaderElectionSettings.InvalidSettings.self) {
            try LeaderElectionSettings(
                leaseDuration: .seconds(lease), renewDeadline: .seconds(renew), retryPeriod: .seconds(retry))
        }
    }
}
