import ControllerRuntime
import Dispatch
import KubernetesModel
import LanyardAPI
import LanyardControllers
import Metrics
import PrometheusExposition
import Synchronization
import TestSupport
import Testing
import VaultClient

@testable import LanyardOperator

@Suite("Operator metrics")
struct OperatorMetricsTests {
    private let registry = PrometheusRegistry()

    private func condition(_ type: String, _ status: Condition.Status, _ reason: String) -> Condition {
        Condition(type: type, status: status, reason: reason, message: "")
    }

    private func identity(_ conditions: [Condition], entries: Int? = nil) -> WorkloadIdentity {
        var identity = WorkloadIdentity(metadata: ObjectMeta(name: "canary-name", namespace: "canary-namespace"))
        identity.status = WorkloadIdentityStatus()
        identity.status?.conditions = conditions
        identity.status?.entryCount = entries
        return identity
    }

    private func lines(beginning prefix: String) -> [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix(prefix) }.map(String.init)
    }

    @Test("resources are counted by what their conditions say, through appearance, change and deletion")
    func resources() {
        let metrics = ResourceMetrics(factory: registry)
        let pending = identity([], entries: nil)
        let ready = identity([condition("Ready", .yes, "Ready")], entries: 2)
        let conflict = identity(
            [condition("Ready", .no, "Conflict"), condition("EntriesSynced", .no, "Conflict")], entries: 0)
        metrics.observe(Delta(old: nil, new: pending))
        metrics.observe(Delta(old: nil, new: conflict))
        metrics.updateGauges()
        #expect(
            lines(beginning: "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\"") == [
                "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\",reason=\"Conflict\",status=\"False\"} 1",
                "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\",reason=\"Pending\",status=\"Unknown\"} 1",
            ])
        #expect(
            lines(beginning: "lanyard_conflicts{kind=\"WorkloadIdentity\"") == [
                "lanyard_conflicts{kind=\"WorkloadIdentity\"} 1"
            ])
        #expect(lines(beginning: "lanyard_namespace_resources{").count == 2)
        metrics.observe(Delta(old: pending, new: ready))
        metrics.observe(Delta(old: conflict, new: nil))
        metrics.updateGauges()
        #expect(
            lines(beginning: "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\"") == [
                "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\",reason=\"Conflict\",status=\"False\"} 0",
                "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\",reason=\"Pending\",status=\"Unknown\"} 0",
                "lanyard_resources{condition=\"Ready\",kind=\"WorkloadIdentity\",reason=\"Ready\",status=\"True\"} 1",
            ])
        #expect(
            lines(beginning: "lanyard_conflicts{kind=\"WorkloadIdentity\"") == [
                "lanyard_conflicts{kind=\"WorkloadIdentity\"} 0"
            ])
        // What is gone has no series there.
        let labels = #"{kind="WorkloadIdentity",reason="Ready",resource_namespace="canary-namespace",status="True"}"#
        #expect(lines(beginning: "lanyard_namespace_resources{") == ["lanyard_namespace_resources\(labels) 1"])
        #expect(lines(beginning: "lanyard_entries") == ["lanyard_entries 2"])
    }

    @Test("a status that a tenant made up gives no labels of its own, no names, and no overflow")
    func hostileStatus() {
        let metrics = ResourceMetrics(factory: registry)
        for index in 0..<100 {
            let made = identity(
                [
                    condition("Canary\(index)", .no, "Canary"), condition("Accepted", .no, "Canary\(index)"),
                    condition("Accepted", .no, "Canary"), condition("Ready", .yes, "canary\"\n\(index)"),
                ], entries: index.isMultiple(of: 2) ? .max : .min)
            metrics.observe(Delta(old: nil, new: made))
        }
        metrics.updateGauges()
        let text = registry.render()
        let namespaces = lines(beginning: "lanyard_namespace_resources{")
        let labels = #"{kind="WorkloadIdentity",reason="Other",resource_namespace="canary-namespace",status="True"}"#
        #expect(namespaces == ["lanyard_namespace_resources\(labels) 100"])
        #expect(!text.split(separator: "\n").contains { $0.lowercased().contains("canary") && $0 != namespaces[0] })
        #expect(
            text.contains("condition=\"Accepted\",kind=\"WorkloadIdentity\",reason=\"Other\",status=\"False\"} 100"))
        #expect(text.contains("lanyard_entries 50000000\n"))
        #expect(lines(beginning: "lanyard_resources").count == 5)
    }

    @Test("without namespaces no metric names one, and the counts over all are the same")
    func withoutNamespaces() {
        let metrics = ResourceMetrics(namesNamespaces: false, factory: registry)
        metrics.observe(Delta(old: nil, new: identity([condition("Ready", .no, "Conflict")])))
        metrics.updateGauges()
        #expect(!registry.render().contains("canary"))
        #expect(lines(beginning: "lanyard_conflicts{kind=\"WorkloadIdentity\"").map { $0.suffix(2) } == [" 1"])
    }

    @Test("a change waits for no gauge that is made or forgotten")
    func changesDoNotWait() {
        let factory = AskingFactory()
        let metrics = ResourceMetrics(factory: factory)
        let ready = identity([condition("Ready", .yes, "Ready")])
        metrics.observe(Delta(old: nil, new: ready))
        factory.ask { metrics.observe(Delta(old: ready, new: ready)) }
        metrics.updateGauges()
        metrics.observe(Delta(old: ready, new: nil))
        factory.ask { metrics.observe(Delta(old: nil, new: ready)) }
        metrics.updateGauges()
        factory.ask(nil)
        #expect(factory.answers.made > 0 && factory.answers.forgotten > 0 && factory.answers.missing == 0)
    }

    @Test("writes to Vault are counted by how they end; all series start at zero")
    func remoteWrites() async throws {
        let vault = MeteredVault(FencedVault(), factory: registry)
        #expect(lines(beginning: "lanyard_remote_writes_total").count == 6)
        #expect(lines(beginning: "lanyard_remote_writes_total").allSatisfy { $0.hasSuffix("} 0") })
        _ = try await vault.write("ok", [:])
        await #expect(throws: VaultError.self) { try await vault.write("fenced", [:]) }
        await #expect(throws: VaultError.self) { _ = try await vault.submit("fenced", [:]) }
        await #expect(throws: VaultError.self) { try await vault.delete("sealed") }
        #expect(
            lines(beginning: "lanyard_remote_writes_total").filter { !$0.hasSuffix("} 0") } == [
                "lanyard_remote_writes_total{operation=\"delete\",result=\"error\",system=\"vault\"} 1",
                "lanyard_remote_writes_total{operation=\"write\",result=\"fenced\",system=\"vault\"} 2",
                "lanyard_remote_writes_total{operation=\"write\",result=\"success\",system=\"vault\"} 1",
            ])
    }

    @Test("drift is counted by system where it is told")
    func drift() {
        let events = MeteredEvents(NoEvents(), factory: registry)
        for (kind, reason) in [
            ("WorkloadIdentity", EventReason.driftCorrected), ("WorkloadIdentity", EventReason.entryCreated),
            ("VaultRoleBinding", EventReason.driftDetected), ("VaultRoleBinding", EventReason.driftCorrected),
        ] {
            events.record(
                ObjectEvent(
                    regarding: ObjectReference(
                        apiVersion: "lanyard.dev/v1alpha1", kind: kind, namespace: "shop", name: "web", uid: "1"),
                    kind: .warning, reason: reason, action: "Update", note: ""))
        }
        #expect(
            lines(beginning: "lanyard_drift_detected_total") == [
                "lanyard_drift_detected_total{system=\"spire\"} 1", "lanyard_drift_detected_total{system=\"vault\"} 2",
            ])
    }

    @Test("the process is described from /proc, whatever its name is")
    func process() throws {
        let stat =
            "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1000 123456789 2048 18446744073709551615"
        let statistics = try #require(
            ProcessStatistics(
                processStat: stat, systemStat: "cpu  1 2 3\nbtime 1700000000\n", ticksPerSecond: 100, pageSize: 4_096))
        #expect(statistics.cpuSeconds == 3)
        #expect(statistics.startedAt == 1_700_000_010)
        #expect(statistics.virtualBytes == 123_456_789)
        #expect(statistics.residentBytes == 2_048 * 4_096)
        for broken in ["", "42 (x", "42 (x) S 1 2 3", stat.replacing("1000", with: "x")] {
            #expect(
                ProcessStatistics(
                    processStat: broken, systemStat: "btime 1\n", ticksPerSecond: 100, pageSize: 4_096) == nil)
        }
    }

    #if os(Linux)
        @Test("the process has a resident memory, and processor time that only grows")
        func liveProcess() throws {
            let metrics = ProcessMetrics(factory: registry)
            metrics.update()
            metrics.update()
            let values = Dictionary(
                uniqueKeysWithValues: registry.render().split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                    ($0.split(separator: " ")[0], Double($0.split(separator: " ")[1]) ?? -1)
                })
            #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
            #expect(try #require(values["process_start_time_seconds"]) > 1_700_000_000)
            #expect(try #require(values["process_open_fds"]) >= 3)
            let cpu = try #require(values["process_cpu_seconds_total"])
            #expect(cpu >= 0 && cpu < 100_000)
        }
    #endif

    @Test("every metric with a help text is in docs/metrics.md, and every one there has a help text")
    func documentation() throws {
        let documented = try Checkout.text("docs/metrics.md").split(separator: "\n")
            .filter { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
        #expect(Set(documented) == Set(MetricCatalog.help.keys))
        #expect(documented.count == Set(documented).count)
    }
}

/// Does something on another thread, and waits for it, when a gauge is made or forgotten.
private final class AskingFactory: MetricsFactory {
    struct Answers {
        var made = 0
        var forgotten = 0
        var missing = 0
    }

    private let base = PrometheusRegistry()
    private let question = Mutex<(@Sendable () -> Void)?>(nil)
    private let counts = Mutex(Answers())

    var answers: Answers { counts.withLock { $0 } }

    /// From now on; nil for nothing.
    func ask(_ question: (@Sendable () -> Void)?) { self.question.withLock { $0 = question } }

    private func waitForAnswer(counting answer: WritableKeyPath<Answers, Int>) {
        guard let question = question.withLock({ $0 }) else { return }
        let answered = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            question()
            answered.signal()
        }
        let isMissing = answered.wait(timeout: .now() + .seconds(5)) == .timedOut
        counts.withLock { counts in
            if isMissing { counts.missing += 1 } else { counts[keyPath: answer] += 1 }
        }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        waitForAnswer(counting: \.made)
        return base.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
    }

    func destroyRecorder(_ handler: any RecorderHandler) {
        waitForAnswer(counting: \.forgotten)
        base.destroyRecorder(handler)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        base.makeCounter(label: label, dimensions: dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        base.makeTimer(label: label, dimensions: dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) { base.destroyCounter(handler) }
    func destroyTimer(_ handler: any TimerHandler) { base.destroyTimer(handler) }
}

/// Accepts the path `ok` and refuses others by their name.
private struct FencedVault: VaultAPI {
    var ownPolicies: Set<String> { [] }

    let supportsPolicyCheckAndSet = false

    func read(_ path: String) async throws(VaultError) -> JSONValue? { nil }
    func count(below path: String) async throws(VaultError) -> Int { 0 }
    func details(below path: String) async throws(VaultError) -> [String: JSONValue] { [:] }
    func checkHealth() async throws(VaultError) {}

    func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        try refuse(path)
        return []
    }

    func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        try refuse(path)
        return nil
    }

    func delete(_ path: String) async throws(VaultError) { try refuse(path) }

    private func refuse(_ path: String) throws(VaultError) {
        switch path {
        case "ok": break
        case "fenced": throw VaultError(.fenced, "")
        default: throw VaultError(.sealed, "")
        }
    }
}
