public import KubernetesClient
public import KubernetesModel
public import Logging
public import Metrics
public import ServiceLifecycle

/// Sees to it that one replica at a time leads, by a Lease, and keeps the leader's fence open.
///
/// A standby follows the lease by a watch, which needs the right to `watch` the one Lease; without it, it asks each second.
///
/// Give it an API client of its own, so that busy reconciles cannot hold up a renewal; and, where they may keep all shared
/// threads busy, a task executor and a clock with a thread of their own. Put it before the controllers in a
/// `ServiceGroup`: services stop in reverse order, and the lease must be released only after the last write.
public final class LeaderElector: Service {
    private let api: any KubernetesAPI
    private let key: ObjectKey
    private let settings: LeaderElectionSettings
    private let environment: Environment
    private let fence: LeadershipFence
    private let logger: Logger
    private let status: Gauge
    private let slowPath: Counter
    private let state: Monitor<LeaderElectionState>
    private let watch: LeaseWatch

    /// A candidate that does not lead until `run` has the lease.
    ///
    /// - Parameters:
    ///   - lease: where the Lease is.
    ///   - identity: who this replica is; unique per process, such as `hostname_uuid`.
    ///   - fence: opened and closed by this elector alone.
    public init(
        api: any KubernetesAPI, lease: ObjectKey, identity: String, settings: LeaderElectionSettings,
        environment: Environment, fence: LeadershipFence, logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.api = api
        self.key = lease
        self.settings = settings
        self.environment = environment
        self.fence = fence
        var logger = logger
        logger[metadataKey: "lease"] = "\(lease)"
        self.logger = logger
        let dimensions = [("name", lease.name)]
        status = Gauge(
            label: "leader_election_master_status", dimensions: dimensions, factory: metricsFactory)
        slowPath = Counter(label: "leader_election_slowpath_total", dimensions: dimensions, factory: metricsFactory)
        slowPath.increment(by: 0)
        status.record(0)
        state = Monitor(LeaderElectionState(identity: identity, settings: settings))
        watch = LeaseWatch(api: api, key: lease, environment: environment, logger: logger, state: state)
    }

    /// Whether this replica leads, as far as it knows; before a write ask the fence.
    public var isLeading: Bool { state.read { $0.isLeading } }

    /// Waits until this replica leads.
    ///
    /// - Throws: `CancellationError`.
    public func waitUntilLeading() async throws {
        try await state.wait { $0.isLeading ? () : nil }
    }

    /// Whether the process hangs and should be restarted: the lease should have been renewed, or leadership given up, long ago,
    /// or a standby's try to get it does not end, so that nobody stands by any more.
    public var isRenewalOverdue: Bool {
        guard let overdueAt = state.read({ $0.overdueAt }) else { return false }
        return environment.clock.now > overdueAt
    }

    /// Becomes leader when the lease is free, renews it, and releases it at graceful shutdown.
    ///
    /// - Throws: `LeadershipLost`; `CancellationError`. In both cases the fence is closed first.
    public func run() async throws {
        defer { stopLeading() }
        state.update { $0.start(now: environment.clock.now) }
        do {
            try await cancelWhenGracefulShutdown {
                try await self.acquire()
                try await self.renew()
            }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            fence.close()
            await release()
        }
    }

    private func acquire() async throws {
        var holder: String?
        while true {
            if try await attempt(within: settings.renewDeadline) { break }
            if let other = state.read({ $0.otherHolder }), other != holder {
                holder = other
                // Cut, as whoever may write the lease chooses it.
                logger.info("standing by", metadata: ["lease.holder": "\(other.prefix(253))"])
            }
            let unit = environment.random.unit()
            switch state.read({ $0.rest(now: environment.clock.now, unit: unit) }) {
            case .pause(let duration): try await environment.clock.sleep(for: duration)
            case .watch(let version): try await watch.follow(from: version)
            }
        }
        status.record(1)
        logger.info("leading")
    }

    private func renew() async throws {
        while let deadline = state.read({ $0.writableUntil }) {
            try await environment.clock.sleep(for: min(settings.retryPeriod, deadline - environment.clock.now))
            let rest = deadline - environment.clock.now
            guard rest > .zero else { break }
            if try await attempt(within: rest) { continue }
            if state.read({ $0.isHeldByOther }) { break }
        }
        stopLeading()
        logger.error("leadership lost")
        throw LeadershipLost()
    }

    /// One try to take or renew the lease.
    ///
    /// - Returns: whether we hold it now.
    /// - Throws: `CancellationError` only.
    private func attempt(within limit: Duration) async throws -> Bool {
        do {
            let isHeld = try await environment.clock.withTimeout(
                min(limit, max(.seconds(1), settings.renewDeadline / 2))
            ) {
                try await self.takeOrRenew()
            }
            state.update { $0.tried(isFailure: false, now: environment.clock.now) }
            return isHeld
        } catch {
            try Task.checkCancellation()
            state.update { $0.tried(isFailure: true, now: environment.clock.now) }
            logger.debug("lease not renewed", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func takeOrRenew() async throws -> Bool {
        let clock = environment.clock
        var hasRead = false
        while true {
            switch state.read({ $0.next(now: clock.now, time: clock.wallTime) }) {
            case .waitForHolder where hasRead:
                return false
            case .read, .waitForHolder:
                guard !hasRead else { return false }
                if isLeading { slowPath.increment() }
                hasRead = true
                try await read()
            case .create(let spec):
                let startedAt = clock.now
                state.update { $0.writes() }
                let lease = Lease(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec)
                hold(try await api.create(lease), since: startedAt)
                return true
            case .write(let spec, let version):
                let startedAt = clock.now
                do {
                    hold(try await write(spec, over: version), since: startedAt)
                    return true
                } catch let error as KubernetesError where error.code == .conflict || error.code == .notFound {
                    // Somebody else was faster: look at what is there now.
                    guard !hasRead else { throw error }
                }
            }
        }
    }

    /// The fence counts from before the request: others count from after it. It is open before anybody hears that this replica
    /// leads.
    private func hold(_ lease: Lease, since startedAt: Duration) {
        let now = environment.clock.now
        state.update { state in
            state.wrote(lease, startedAt: startedAt, now: now)
            if let until = state.writableUntil { fence.extend(until: until) }
        }
    }

    private func read() async throws {
        let lease: Lease? = try await api.get(Lease.self, key)
        state.update { $0.read(lease, now: environment.clock.now) }
    }

    private func write(_ spec: Lease.Spec, over version: ResourceVersion) async throws -> Lease {
        state.update { $0.writes() }
        return try await api.mergePatch(
            Lease.self, key,
            ["metadata": ["resourceVersion": .string(version.text)], "spec": try JSONValue(encoding: spec)])
    }

    private func release() async {
        do {
            let isReleased = try await environment.clock.withTimeout(settings.renewDeadline / 2) {
                try await self.giveUp()
            }
            if isReleased { logger.info("lease released") }
        } catch {
            logger.warning("lease not released; it expires by itself", metadata: ["error": "\(error)"])
        }
    }

    /// Releases the lease if it is ours. A write that was under way when the shutdown came may still overtake the release once,
    /// and then is released as well.
    ///
    /// - Returns: whether there was something to release.
    private func giveUp() async throws -> Bool {
        while true {
            switch state.read({ $0.release(time: environment.clock.wallTime) }) {
            case .nothing:
                return false
            case .read:
                try await read()
            case .write(let spec, let version):
                do {
                    _ = try await write(spec, over: version)
                    return true
                } catch let error as KubernetesError where error.code == .conflict || error.code == .notFound {
                    continue
                }
            }
        }
    }

    private func stopLeading() {
        fence.close()
        state.update { $0.stop() }
        status.record(0)
    }
}
