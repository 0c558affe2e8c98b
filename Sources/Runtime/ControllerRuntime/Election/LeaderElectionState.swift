import KubernetesModel

/// The decisions of leader election over one Lease. Pure.
///
/// Another holder's expiry is judged by how long *this* process has seen the record unchanged, never by comparing its
/// times with our clock (client-go `tools/leaderelection`).
struct LeaderElectionState: Sendable {
    /// What to do with the lease next.
    enum Attempt: Equatable, Sendable {
        /// Nothing is known, or what is known is out of date.
        case read
        case create(Lease.Spec)
        /// Write this over the version that was seen, and only over it.
        case write(Lease.Spec, over: ResourceVersion)
        /// Somebody else leads: there is nothing to write.
        case waitForHolder
    }

    /// What a candidate does until its next try.
    enum Rest: Equatable, Sendable {
        case pause(Duration)
        /// Follow the lease from this version on, until there is something to do.
        case watch(from: ResourceVersion)
    }

    /// What to do about the lease when this process ends.
    enum Release: Equatable, Sendable {
        /// It is not ours.
        case nothing
        /// A write of ours is in doubt: only the server knows whose the lease is.
        case read
        /// Write this over the version that was seen, and the next candidate leads at once.
        case write(Lease.Spec, over: ResourceVersion)
    }

    /// A record and its age. The age belongs to what the holder wrote: what else happens to the lease, and whether somebody
    /// could read it meanwhile, says nothing about whether the holder lives.
    private struct Observation: Sendable {
        var resourceVersion: ResourceVersion?
        let spec: Lease.Spec
        let firstSeenAt: Duration
    }

    /// How often a standby looks at the lease of a leader while no watch shows it, or the retry period where that is shorter. A
    /// record's age counts from when it was seen, so a failover comes as much later than it could: after a release by this
    /// time, after a crash by this time past the lease's duration.
    private static let standbyPeriod: Duration = .milliseconds(300)
    /// The same where there are no watches, and so for as long as the standby lives.
    private static let standbyPeriodWithoutWatch: Duration = .seconds(1)

    /// How much longer than a lease a process may hang before it is restarted.
    private static let patience: Duration = .seconds(20)

    private let identity: String
    private let settings: LeaderElectionSettings
    private var observation: Observation?
    private var isKnownAbsent = false
    /// Whether a write is under way, or ended without an answer: the server may have stored it, now or later.
    private var isInDoubt = false
    /// Whether the last try ended in an error.
    private var hasFailed = false
    private var watch = LeaseWatchState()
    /// When the last try ended; nil while nobody tries.
    private(set) var triedAt: Duration?
    /// When the last successful renewal began; nil while not leading.
    private(set) var renewedAt: Duration?

    init(identity: String, settings: LeaderElectionSettings) {
        self.identity = identity
        self.settings = settings
    }

    var isLeading: Bool { renewedAt != nil }

    /// Until when a leader may write to the outside.
    var writableUntil: Duration? { renewedAt.map { $0 + settings.renewDeadline } }

    /// When the process is to be restarted unless something happens before: a leader that neither renewed its lease nor gave it
    /// up, or a candidate whose try does not end. Nil while nobody tries.
    var overdueAt: Duration? {
        (renewedAt ?? triedAt).map { $0 + settings.leaseDuration + Self.patience }
    }

    /// The first try begins.
    mutating func start(now: Duration) { triedAt = now }

    /// The lease was read; nil when it does not exist.
    mutating func read(_ lease: Lease?, now: Duration) {
        isKnownAbsent = lease == nil
        isInDoubt = false
        hasFailed = false
        guard let lease else {
            observation = nil
            return
        }
        let spec = lease.spec ?? Lease.Spec()
        // A record that did not change keeps its age: that age is what expires.
        let firstSeenAt = observation.flatMap { $0.spec == spec ? $0.firstSeenAt : nil } ?? now
        observation = Observation(
            resourceVersion: lease.metadata.resourceVersion, spec: spec, firstSeenAt: firstSeenAt)
    }

    /// A write is sent. Until it is answered nobody knows what the server has.
    mutating func writes() { isInDoubt = true }

    /// The lease was written with us as its holder.
    mutating func wrote(_ lease: Lease, startedAt: Duration, now: Duration) {
        read(lease, now: now)
        renewedAt = startedAt
    }

    /// A try ended.
    ///
    /// - Parameter isFailure: whether it ended in an error; what was known before is as true as it was.
    mutating func tried(isFailure: Bool, now: Duration) {
        hasFailed = isFailure
        triedAt = now
    }

    /// The holder in the record is not us.
    var isHeldByOther: Bool {
        guard let holder = observation?.spec.holderIdentity, !holder.isEmpty else { return false }
        return holder != identity
    }

    /// Who holds the lease, as far as it is known; nil when nobody does, or it is us.
    var otherHolder: String? {
        isHeldByOther ? observation?.spec.holderIdentity : nil
    }

    /// Leadership is over, and nobody tries to get it back.
    mutating func stop() {
        renewedAt = nil
        triedAt = nil
    }

    /// What to do now.
    func next(now: Duration, time: WallTime) -> Attempt {
        if isInDoubt { return .read }
        if isKnownAbsent { return .create(spec(after: nil, time)) }
        guard let observation, let version = observation.resourceVersion else { return .read }
        if isHeldByOther, now < expiry(of: observation) { return .waitForHolder }
        return .write(spec(after: observation.spec, time), over: version)
    }

    /// How long a candidate waits until its next try: never beyond the end of another's lease, and longer after a failure, so
    /// that a server in trouble is spared.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`, so that candidates do not try together.
    func pauseOfCandidate(now: Duration, unit: Double) -> Duration {
        let isStandby = isHeldByOther && !hasFailed
        let period = watch.isRefused ? Self.standbyPeriodWithoutWatch : Self.standbyPeriod
        let pause =
            isStandby
            ? min(settings.retryPeriod, period) * (0.8 + 0.4 * unit) : settings.retryPeriod * (1 + 1.2 * unit)
        guard isHeldByOther, let observation else { return pause }
        let rest = expiry(of: observation) - now
        return rest > .zero ? min(pause, rest) : pause
    }

    /// What a candidate does until its next try: a standby follows the lease where it can, and asks again and again otherwise.
    ///
    /// - Parameter unit: as for `pauseOfCandidate`.
    func rest(now: Duration, unit: Double) -> Rest {
        guard isHeldByOther, !hasFailed, !isInDoubt, let observation, let version = observation.resourceVersion,
            now < expiry(of: observation), watch.isWorthATry(now: now)
        else { return .pause(pauseOfCandidate(now: now, unit: unit)) }
        return .watch(from: version)
    }

    /// What lets the next candidate lead at once. The lease counts as ours by its record, not by whether we lead: what was
    /// written last may have been stored though its answer never came.
    func release(time: WallTime) -> Release {
        if isInDoubt { return .read }
        guard let observation, observation.spec.holderIdentity == identity,
            let version = observation.resourceVersion
        else { return .nothing }
        return .write(
            Lease.Spec(
                holderIdentity: "", leaseDurationSeconds: 1, acquireTime: time.rfc3339Micro,
                renewTime: time.rfc3339Micro, leaseTransitions: observation.spec.leaseTransitions ?? 0),
            over: version)
    }

    /// Whether the server does not allow to watch the lease.
    var isWatchRefused: Bool { watch.isRefused }

    /// Whether the watch of the lease that is open, or was last, showed a change.
    var hasWatchShown: Bool { watch.hasShown }

    /// A watch of the lease is opened.
    mutating func watchBegins(now: Duration) { watch.begins(now: now) }

    /// A line of the watch arrived.
    ///
    /// - Parameter event: nil for a line that is none.
    /// - Returns: how the watch ends by it; nil to read on.
    mutating func heard(_ event: WatchEvent<Lease>?, now: Duration) -> LeaseWatchState.End? {
        triedAt = now
        guard let event else { return .failed }
        let holder = otherHolder
        switch event {
        case .added(let lease), .modified(let lease): read(lease, now: now)
        case .deleted, .deletedUndecodable: read(nil, now: now)
        case .bookmark:
            watch.heard(now: now)
            return nil
        case .error, .undecodable: return .failed
        }
        watch.showed(now: now)
        return holder != nil && otherHolder == holder ? nil : .decided
    }

    /// Until when to wait for a line of the watch, and how it ends then: the lease expires, or nothing was heard in the time of two
    /// renewals. The connection may be dead by then, or the holder, and who asks knows which.
    var watchDeadline: (at: Duration, end: LeaseWatchState.End) {
        let silentAt = watch.heardAt + min(settings.retryPeriod * 2 + .seconds(1), settings.leaseDuration / 2)
        guard let observation, expiry(of: observation) <= silentAt else { return (silentAt, .failed) }
        return (expiry(of: observation), .decided)
    }

    /// The watch has ended.
    mutating func watchEnded(_ end: LeaseWatchState.End, now: Duration) { watch.ended(end, now: now) }

    private func expiry(of observation: Observation) -> Duration {
        observation.firstSeenAt + .seconds(max(1, observation.spec.leaseDurationSeconds ?? 1))
    }

    private func spec(after old: Lease.Spec?, _ time: WallTime) -> Lease.Spec {
        let isOurs = old?.holderIdentity == identity
        let transitions = old?.leaseTransitions ?? 0
        return Lease.Spec(
            holderIdentity: identity, leaseDurationSeconds: settings.leaseSeconds,
            acquireTime: isOurs ? old?.acquireTime ?? time.rfc3339Micro : time.rfc3339Micro,
            renewTime: time.rfc3339Micro,
            leaseTransitions: old == nil || isOurs || transitions == .max ? transitions : transitions + 1)
    }
}
