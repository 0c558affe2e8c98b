import AsyncHTTPClient
import NIOCore
import NIOSSL

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
