import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import PrometheusExposition
import Synchronization
import Testing

@testable import LanyardOperator

@Suite("ConvergenceTimes")
struct ConvergenceTimesTests {
    /// A leader whose watch tells of one identity.
    private final class Watch: Sendable {
        let clock = VirtualClock()
        let registry = PrometheusRegistry()
        let leads = Mutex(true)
        private let times: Mutex<ConvergenceTimes?> = Mutex(nil)
        private let last = Mutex<WorkloadIdentity?>(nil)

        init() {
            let times = ConvergenceTimes(
                clock: clock, isLeading: { [self] in leads.withLock { $0 } }, factory: registry)
            self.times.withLock { $0 = times }
        }

        func tell(_ identity: WorkloadIdentity?) {
            let old = last.withLock { last in
                defer { last = identity }
                return last
            }
            times.withLock { $0 }?.observe(Delta(old: old, new: identity))
        }

        /// How many were counted, and how many seconds in all.
        var counted: [String] { [value("count"), value("sum")] }

        private func value(_ suffix: String) -> String {
            let series = "lanyard_convergence_seconds_\(suffix){kind=\"WorkloadIdentity\"} "
            let line = registry.render().split(separator: "\n").first { $0.hasPrefix(series) }
            return String(line?.dropFirst(series.count) ?? "none")
        }
    }

    private let watch = Watch()

    private func identity(
        _ generation: Int64, uid: String = "1", _ status: Condition.Status? = nil, of observed: Int64? = nil,
        reason: String = "Ready"
    ) -> WorkloadIdentity {
        var identity = WorkloadIdentity(
            metadata: ObjectMeta(name: "web", namespace: "shop", uid: uid, generation: generation))
        guard let status else { return identity }
        identity.status = WorkloadIdentityStatus()
        identity.status?.conditions = [
            Condition(
                type: ConditionType.ready, status: status, reason: reason, message: "",
                observedGeneration: observed ?? generation)
        ]
        return identity
    }

    private func pass(_ time: Duration) { watch.clock.advance(by: time) }

    @Test("a new object is timed until it is Ready, and an edit until what was edited is in place")
    func changes() {
        #expect(watch.counted == ["0", "0"])
        watch.tell(identity(1))
        pass(.seconds(2))
        watch.tell(identity(1, .no, reason: "Pending"))
        pass(.seconds(1))
        #expect(watch.counted == ["0", "0"])
        watch.tell(identity(1, .yes))
        #expect(watch.counted == ["1", "3"])
        // What changes then is no change of the spec.
        watch.tell(identity(1, .no, reason: "SPIREUnavailable"))
        pass(.seconds(50))
        watch.tell(identity(1, .yes))
        #expect(watch.counted == ["1", "3"])
        // It is Ready as it was before.
        watch.tell(identity(2, .yes, of: 1))
        pass(.milliseconds(500))
        watch.tell(identity(2, .yes))
        #expect(watch.counted == ["2", "3.5"])
    }

    @Test("another edit begins the time anew")
    func editedAgain() {
        watch.tell(identity(1))
        pass(.seconds(10))
        watch.tell(identity(2))
        pass(.seconds(1))
        watch.tell(identity(2, .yes))
        #expect(watch.counted == ["1", "1"])
    }

    @Test("what was there before this process is not timed, whether it is Ready or not")
    func found() {
        watch.tell(identity(4, .no, reason: "Conflict"))
        pass(.seconds(10))
        watch.tell(identity(4, .yes))
        #expect(watch.counted == ["0", "0"])
    }

    @Test(
        "what waits for people counts only if they are quick, whatever it says later",
        arguments: [Reason.conflict, .outsideBoundary, .mountMissing, .identityNotFound, .identityNotReady])
    func waiting(_ reason: Reason) {
        watch.tell(identity(1))
        pass(.seconds(1))
        watch.tell(identity(1, .no, reason: reason.rawValue))
        pass(ConvergenceTimes.patience)
        watch.tell(identity(1, .yes))
        #expect(watch.counted == ["1", "11"])
        watch.tell(identity(2, .yes, of: 1))
        watch.tell(identity(2, .no, reason: reason.rawValue))
        pass(.seconds(6))
        watch.tell(identity(2, .no, reason: "Pending"))
        watch.tell(identity(2, .no, reason: reason.rawValue))
        pass(.seconds(5))
        watch.tell(identity(2, .yes))
        #expect(watch.counted == ["1", "11"])
        // What is said of the spec before the edit is no wait of this one.
        watch.tell(identity(2, .no, reason: reason.rawValue))
        watch.tell(identity(3, .no, of: 2, reason: reason.rawValue))
        pass(.seconds(20))
        watch.tell(identity(3, .yes))
        #expect(watch.counted == ["2", "31"])
    }

    @Test("an outage counts, however long it lasts")
    func outage() {
        watch.tell(identity(1))
        watch.tell(identity(1, .no, reason: "SPIREUnavailable"))
        pass(.seconds(600))
        watch.tell(identity(1, .yes))
        #expect(watch.counted == ["1", "600"])
    }

    @Test("neither a pause nor a deletion counts, and no namesake has the time of another")
    func forgotten() {
        watch.tell(identity(1))
        watch.tell(identity(1, .unknown, reason: "Paused"))
        pass(.seconds(10))
        watch.tell(identity(1, .yes))
        watch.tell(identity(2, .yes, of: 1))
        watch.tell(nil)
        watch.tell(identity(2, uid: "2", .yes))
        watch.tell(identity(3, uid: "2", .yes, of: 2))
        watch.tell(identity(3, uid: "3", .yes))
        #expect(watch.counted == ["0", "0"])
    }

    @Test("a standby counts nothing; after it took over, the time from before is in what it counts")
    func failover() {
        watch.leads.withLock { $0 = false }
        watch.tell(identity(1))
        pass(.seconds(1))
        watch.tell(identity(1, .yes))
        #expect(watch.counted == ["0", "0"])
        watch.tell(identity(2, .yes, of: 1))
        pass(.seconds(15))
        watch.leads.withLock { $0 = true }
        watch.tell(identity(2, .yes))
        #expect(watch.counted == ["1", "15"])
    }
}
