import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import Logging
import Metrics
import ServiceLifecycle

/// Compares the CustomResourceDefinitions of the API server with those of this version, by one read of each at the start, and
/// now and then as long as one differs or could not be read.
///
/// An upgrade that leaves them behind is noticed by nothing else: what a server does not know of, it drops without a word, and
/// what it forbids and this version allows, it refuses.
struct DefinitionCheck: Service {
    /// After which what differs, or could not be read, is read again.
    static let interval: Duration = .seconds(300)
    /// The metric.
    static let label = "lanyard_crd_outdated"
    /// What the API server calls definitions.
    static let descriptor = ResourceDescriptor(
        group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions", isNamespaced: false)
    private static let remedy =
        """
        upgrade the chart with crds.enabled; where CRDs are of no release, apply those of this version \
        (lanyard crds | kubectl apply --server-side --force-conflicts -f -)
        """

    private let api: any KubernetesAPI
    private let environment: Environment
    private let logger: Logger
    private let gauges: [(name: String, gauge: Gauge)]

    /// What is known of a definition.
    private enum Finding: Equatable {
        case current
        case missing
        /// It is not as ours, first of all here.
        case different(String)
        case unread(String)
    }

    /// Compares nothing yet.
    init(
        api: any KubernetesAPI, environment: Environment, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.api = api
        self.environment = environment
        self.logger = logger
        gauges = PublishedDefinitions.yaml.keys.sorted().map { name in
            let gauge = Gauge(label: Self.label, dimensions: [("resource", name)], factory: factory)
            gauge.record(0)
            return (name: name, gauge: gauge)
        }
    }

    /// Compares, and then waits for the shutdown.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.compareAll() }
            try await gracefulShutdown()
        } catch is CancellationError where Task.isShuttingDownGracefully {
            return
        }
    }

    /// Compares until all are as they should be.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func compareAll() async throws {
        var findings: [String: Finding] = [:]
        while true {
            var isDone = true
            for (name, gauge) in gauges where findings[name] != .current {
                let finding = try await look(at: name)
                tell(finding, after: findings[name], of: name)
                findings[name] = finding
                switch finding {
                case .current: gauge.record(0)
                case .missing, .different: gauge.record(1)
                case .unread: break
                }
                if finding != .current { isDone = false }
            }
            if isDone { return }
            try await environment.clock.sleep(for: environment.jittered(Self.interval, by: 0.2))
        }
    }

    private func look(at name: String) async throws -> Finding {
        let stored: JSONValue
        do {
            let body = try await api.send(APIRequest(.get, Self.descriptor.path(namespace: nil, name: name)))
            stored = try JSONValue(parsing: body)
        } catch let error as CancellationError {
            throw error
        } catch let error as KubernetesError {
            return error.code == .notFound ? .missing : .unread("\(error)")
        } catch {
            return .unread("the answer is no JSON")
        }
        let own = try JSONValue(yaml: PublishedDefinitions.yaml[name] ?? "")
        return DefinitionComparison.difference(of: stored, from: own).map(Finding.different) ?? .current
    }

    private func tell(_ finding: Finding, after former: Finding?, of name: String) {
        guard finding != former else { return }
        var metadata: Logger.Metadata = ["crd": "\(name)"]
        switch finding {
        case .current:
            if former != nil { logger.info("the CRD is that of this version now", metadata: metadata) }
        case .missing, .different:
            if case .different(let place) = finding { metadata["differs"] = "\(place)" }
            metadata["remedy"] = "\(Self.remedy)"
            let message: Logger.Message =
                finding == .missing ? "the CRD is missing" : "the CRD is not that of this version"
            logger.warning(message, metadata: metadata)
        case .unread(let error):
            metadata["error"] = "\(error)"
            logger.warning("the CRD cannot be compared with that of this version", metadata: metadata)
        }
    }
}
