import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOSSL

/// What decides on an answer before its body is decoded.
struct AnswerHead: Equatable {
    let status: Int
    let contentType: String?
    /// The header of that name, as it came.
    let retryAfter: String?

    /// Whether the request was carried out.
    var isSuccess: Bool { (200...299).contains(status) }

    /// Whether the body is JSON: `application/json` with or without parameters.
    var isJSON: Bool {
        // As API servers write it.
        if contentType == "application/json" { return true }
        let type = contentType?.split(separator: ";").first.map { $0.filter { !$0.isWhitespace }.lowercased() }
        return type == "application/json"
    }

    /// The failure of an answer that is no success, or that is none of this server's: a proxy's page, for example.
    func failure(body: Data) -> KubernetesError {
        if isSuccess {
            return KubernetesError(.malformedAnswer, "HTTP \(status) without JSON", httpStatus: status)
        }
        let wait = retryAfter.flatMap { Int($0) }.flatMap { (1...86_400).contains($0) ? Duration.seconds($0) : nil }
        if isJSON, let described = try? JSON.decode(APIStatus.self, from: body), described.status == "Failure" {
            return KubernetesError(status: described, httpStatus: status, retryAfter: wait)
        }
        if (300...399).contains(status) {
            return KubernetesError(
                .malformedAnswer, "HTTP \(status): redirects are not followed", httpStatus: status)
        }
        return KubernetesError(
            KubernetesError.code(status, nil), "HTTP \(status) without a Status", httpStatus: status, retryAfter: wait)
    }
}

/// A failure below HTTP, in words without addresses.
struct TransportFailure: Error {
    /// The error that the callers of the client see.
    let error: KubernetesError
    /// Whether the handshake failed or a certificate was refused, so that the request was certainly not carried out.
    let isHandshake: Bool

    /// Classifies what the HTTP client throws.
    ///
    /// - Throws: `CancellationError` when the task was cancelled, whatever error that led to.
    init(_ error: any Error) throws {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        isHandshake = Self.isHandshake(error)
        self.error =
            switch error {
            case let error as KubernetesError: error
            case let error as HTTPClientError: Self.classify(error)
            case is NIOTooManyBytesError: KubernetesError(.malformedAnswer, "the answer is too large")
            case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
                KubernetesError(.unreachable, "TLS failed: \(type(of: error))")
            case let error as IOError:
                KubernetesError(.unreachable, "the connection failed with errno \(error.errnoCode)")
            default: KubernetesError(.unreachable, "the connection failed: \(type(of: error))")
            }
    }

    private static func isHandshake(_ error: any Error) -> Bool {
        switch error {
        case NIOSSLError.uncleanShutdown: false  // The connection ended, with whatever was on it.
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: true
        default: false
        }
    }

    private static func classify(_ error: HTTPClientError) -> KubernetesError {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            KubernetesError(.timeout, "no answer in time")
        default:
            KubernetesError(.unreachable, "the connection failed: \(error.shortDescription)")
        }
    }
}
