public import KubernetesClient
public import KubernetesModel
public import Logging

/// One thing to wait for before work begins.
public typealias ReadinessStep = @Sendable () async throws -> Void

/// What all kinds of an operator are wired with. Nothing of it has a default: a kind that goes without does so by mistake.
public struct ControllerContext: Sendable {
    let api: any KubernetesAPI
    let undecodable: UndecodableReporter
    let waitUntilLeading: ReadinessStep
    let timeout: Duration
    let environment: Environment
    let logger: Logger
    let metricsPrefix: String

    /// Gathers it.
    ///
    /// - Parameters:
    ///   - undecodable: gets the objects that do not fit their type.
    ///   - waitUntilLeading: waits until this replica leads.
    ///   - timeout: after which a reconcile is cancelled and counts as failed.
    ///   - metricsPrefix: what the names of the reflectors' metrics begin with.
    public init(
        api: any KubernetesAPI, undecodable: UndecodableReporter, waitUntilLeading: @escaping ReadinessStep,
        timeout: Duration, environment: Environment, logger: Logger, metricsPrefix: String
    ) {
        self.api = api
        self.undecodable = undecodable
        self.waitUntilLeading = waitUntilLeading
        self.timeout = timeout
        self.environment = environment
        self.logger = logger
        self.metricsPrefix = metricsPrefix
    }
}
