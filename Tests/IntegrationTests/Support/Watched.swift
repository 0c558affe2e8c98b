import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import PrometheusExposition
import Testing

/// A reflector at work, seen from both sides: what it asks of the server, and what it makes of the answers.
struct Watched<Object: KubernetesResource>: Sendable {
    let api: ListenedAPI
    let store: Store<Object>
    let reflector: Reflector<Object>
    /// What it has handed on: `+name`, `~name` or `-name`.
    let changes: Observed<[String]>
    private let metrics: PrometheusRegistry

    private init(_ api: ListenedAPI, namespace: String) {
        self.api = api
        store = Store()
        metrics = PrometheusRegistry()
        let changes = Observed<[String]>([])
        self.changes = changes
        reflector = Reflector(
            api: api, store: store, scope: WatchScope(namespace: namespace), environment: .system,
            logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }),
            metrics: MetricsSink(factory: metrics),
            onDelta: { delta in
                let sign = delta.old == nil ? "+" : delta.new == nil ? "-" : "~"
                changes.update { $0.append(sign + (delta.key?.name ?? "")) }
            })
    }

    /// Runs a reflector of a namespace while `body` runs.
    ///
    /// - Parameter watchSeconds: after how long the server shall end every watch, in place of minutes.
    static func run(
        _ cluster: Cluster, in namespace: String, watchSeconds: Int? = nil, _ body: (Watched) async throws -> Void
    ) async throws {
        let watched = Watched(ListenedAPI(cluster.api, watchSeconds: watchSeconds), namespace: namespace)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watched.reflector.run() }
            try await body(watched)
            group.cancelAll()
            // It goes on until it is told to end, whatever happens.
            await #expect(throws: CancellationError.self) { try await group.waitForAll() }
        }
    }

    /// What it has asked for so far.
    var calls: [ListenedAPI.Call] { api.calls.value }

    /// Requests for a list in pages; a server that can send it as a stream is not asked for one.
    var pagedLists: Int { calls.count { !$0.isWatch } }

    /// The names of the objects that it knows.
    var names: [String] { store.all.map(\.metadata.name) }

    /// The value of one of its metrics, of which there is one for a kind and perhaps a reason.
    func metric(_ name: String, reason: String? = nil) -> Double? {
        let labels = (reason.map { "reason=\"\($0)\"," } ?? "") + "resource=\"\(Object.descriptor.qualifiedName)\""
        let series = "controller_runtime_\(name){\(labels)} "
        return metrics.render().split(separator: "\n").first { $0.hasPrefix(series) }
            .flatMap { Double($0.dropFirst(series.count)) }
    }

    /// Waits until its store has the objects of these names, and no others.
    func waitUntilItHas(
        _ expected: [String], within limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await eventually("the store has \(expected)", within: limit, sourceLocation: sourceLocation) {
            guard store.hasSynced, names == expected else {
                let problem = reflector.health.problem.map { "\($0.reason): \($0.message)" } ?? "no problem"
                return "\(names), \(problem)"
            }
            return nil
        }
    }
}
