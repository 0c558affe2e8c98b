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
        /// Somebody else leads.
        case waitForHolder
    }

    private struct Observation: Sendable {
        let resourceVersion: ResourceVersion?
        let spec: Lease.Spec
        let firstSeenAt: Duration
    }

    /// How often a standby looks at the lease of a leader, or the retry period where that is shorter. A record's age counts
    /// from when it was seen, so a failover comes as much later than it could: after a release by this time, after a crash
    /// by this time past the lease's duration.
    private static let standbyPeriod: Duration = .milliseconds(300)

    private let identity: String
    private let settings: LeaderElectionSettings
    private var observation: Observation?
    private var isKnownAbsent = false
    /// When the last successful renewal began; nil while not leading.
    private(set) var renewedAt: Duration?

    init(identity: String, settings: LeaderElectionSettings) {
        self.identity = identity
        self.settings = settings
    }

    var isLeading: Bool { renewedAt != nil }

    /// Until when a leader may write to the outside.
    var writableUntil: Duration? { renewedAt.map { $0 + settings.renewDeadline } }

    /// The lease was read; nil when it does not exist.
    mutating func read(_ lease: Lease?, now: Duration) {
        isKnownAbsent = lease == nil
        guard let lease else {
            observation = nil
            return
        }
        let spec = lease.spec ?? Lease.Spec()
        // A record that did not change keeps its age: that age is what expires.
        if let known = observation, known.resourceVersion == lease.metadata.resourceVersion, known.spec == spec {
            return
        }
        observation = Observation(
            resourceVersion: lease.metadata.resourceVersion, spec: spec, firstSeenAt: now)
    }

    /// The lease was written with us as its holder.
    mutating func wrote(_ lease: Lease, startedAt: Duration, now: Duration) {
        read(lease, now: now)
        renewedAt = startedAt
    }

    /// A write did not succeed, or nobody knows: what is remembered cannot be relied on.
    mutating func writeFailed() {
        isKnownAbsent = false
        observation = observation.map {
            Observation(resourceVersion: nil, spec: $0.spec, firstSeenAt: $0.firstSeenAt)
        }
    }

    /// The holder in the record is not us.
    var isHeldByOther: Bool {
        guard let holder = observation?.spec.holderIdentity, !holder.isEmpty else { return false }
        return holder != identity
    }

    /// Leadership is over.
    mutating func stopLeading() { renewedAt = nil }

    /// What to do now.
    func next(now: Duration, time: WallTime) -> Attempt {
        if isKnownAbsent { return .create(spec(after: nil, time)) }
        guard let observation, let version = observation.resourceVersion else { return .read }
        if isHeldByOther, now < expiry(of: observation) { return .waitForHolder }
        return .write(spec(after: observation.spec, time), over: version)
    }

    /// How long a candidate waits until its next try.
    ///
    /// - Parameter unit: a random number in `0 ..< 1`, so that candidates do not try together.
    func pauseOfCandidate(now: Duration, unit: Double) -> Duration {
        guard isHeldByOther, let observation, observation.resourceVersion != nil else {
            return settings.retryPeriod * (1 + 1.2 * unit)
        }
        let pause = min(settings.retryPeriod, Self.standbyPeriod) * (0.8 + 0.4 * unit)
        let rest = expiry(of: observation) - now
        return rest > .zero ? min(pause, rest) : pause
    }

    /// The record that lets the next candidate lead at once; nil when there is nothing of ours to release.
    func released(time: WallTime) -> (spec: Lease.Spec, over: ResourceVersion)? {
        guard isLeading, !isHeldByOther, let observation, let version = observation.resourceVersion else { return nil }
        return (
            Lease.Spec(
                holderIdentity: "", leaseDurationSeconds: 1, acquireTime: time.rfc3339Micro,
                renewTime: time.rfc3339Micro, leaseTransitions: observation.spec.leaseTransitions ?? 0), version
        )
    }

    private func expiry(of observation: Observation) -> Duration {
        observation.firstSeenAt + .seconds(max(1, observation.spec.leaseDurationSeconds ?? 1))
    }

    private func spec(after old: Lease.Spec?, _ time: WallTime) -> Lease.Spec {
        let isOurs = old?.holderIdentity == identity
        let transitions = old?.leaseTransitions ?? 0
        return Lease.Spec(
            holderIdentity: identity, leaseDurationSeconds: Int(settings.leaseDuration.components.seconds),
            acquireTime: isOurs ? old?.acquireTime ?? time.rfc3339Micro : time.rfc3339Micro,
            renewTime: time.rfc3339Micro,
            leaseTransitions: old == nil || isOurs || transitions == .max ? transitions : transitions + 1)
    }
}
