public import FoundationEssentials

/// The port to one API server. The real one is `KubernetesClient`; tests and simulations bring their own.
///
/// Typed verbs (`get`, `create`, `applyStatus`…) are extensions, so that every implementation shares them.
public protocol KubernetesAPI: Sendable {
    /// Sends a request and returns the body of a 2xx answer.
    ///
    /// - Throws: `KubernetesError` for every other answer and for every failure to get one; `CancellationError`.
    func send(_ request: APIRequest) async throws -> Data

    /// Sends a request and hands on the body of a 2xx answer as it arrives, so that it is never in memory as a whole.
    ///
    /// - Throws: as `send`, and what `body` throws.
    func receive(_ request: APIRequest, into body: any AnswerBody) async throws

    /// Opens a watch and returns its lines, one event each, pulled as they are consumed.
    ///
    /// - Throws: `KubernetesError` when the server does not answer with a stream of JSON; the sequence throws it later on.
    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable
}

extension KubernetesAPI {
    /// Hands on the whole body at once, for implementations without a network.
    public func receive(_ request: APIRequest, into body: any AnswerBody) async throws {
        let data = try await send(request)
        body.begin()
        try body.take(data)
    }
}

/// Takes the body of an answer as it arrives.
public protocol AnswerBody: Sendable {
    /// Forgets what has arrived so far: the body begins, perhaps once more.
    func begin()

    /// Takes what comes next.
    ///
    /// - Throws: `KubernetesError` when the body is not what was asked for.
    func take(_ chunk: Data) throws
}
