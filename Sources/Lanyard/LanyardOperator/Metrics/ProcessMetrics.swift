import FoundationEssentials
import Metrics
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The metrics of the process itself, under the names that every Prometheus client uses. Where there is no `/proc`, they
/// are left out.
final class ProcessMetrics: Sendable {
    private let cpu: FloatingPointCounter
    private let resident: Gauge
    private let virtual: Gauge
    private let start: Gauge
    private let files: Gauge
    /// CPU time that is in the counter already.
    private let counted = Mutex(0.0)

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        cpu = FloatingPointCounter(label: "process_cpu_seconds_total", factory: factory)
        resident = Gauge(label: "process_resident_memory_bytes", factory: factory)
        virtual = Gauge(label: "process_virtual_memory_bytes", factory: factory)
        start = Gauge(label: "process_start_time_seconds", factory: factory)
        files = Gauge(label: "process_open_fds", factory: factory)
    }

    /// Brings the metrics up to date; call it before metrics are rendered.
    func update() {
        guard let process = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let system = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let statistics = ProcessStatistics(
                processStat: process, systemStat: system, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)),
                pageSize: sysconf(Int32(_SC_PAGESIZE)))
        else { return }
        counted.withLock { counted in
            cpu.increment(by: max(0, statistics.cpuSeconds - counted))
            counted = max(counted, statistics.cpuSeconds)
        }
        resident.record(statistics.residentBytes)
        virtual.record(statistics.virtualBytes)
        start.record(statistics.startedAt)
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            files.record(open)
        }
    }
}
