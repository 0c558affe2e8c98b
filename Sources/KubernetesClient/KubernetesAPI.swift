public import FoundationEssentials

/// The port to one API server. The real one is `KubernetesClient`; tests and simulations bring their own.
///
/// Typed verbs (`get`, `create`, `applyStatus`…) are extensions, so that every implementation shares them.
public protocol KubernetesAPI: Sendable {
    /// Sends a request and returns the body of a 2xx answer.
    ///
    /// - Throws: `KubernetesError` for every other answer and for every failure to get one; `CancellationError`.
    func send(_ request: APIRequest) async throws -> Data

    /// Opens a watch and returns its lines, one event each, pulled as they are consumed.
    ///
    /// - Throws: `KubernetesError` when the server does not answer with a stream of JSON; the sequence throws it later on.
    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable
}
