import AsyncHTTPClient
import NIOCore
import NIOSSL

/// Failures below HTTP, in words without addresses.
enum TransportFailure {
    /// The error that the callers of the client see.
    ///
    /// - Throws: `CancellationError` when the task was cancelled, whatever error that led to.
    static func classify(_ error: any Error) throws -> KubernetesError {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        switch error {
        case let error as KubernetesError: return error
        case let error as HTTPClientError: return classify(error)
        case is NIOTooManyBytesError: return KubernetesError(.malformedAnswer, "the answer is too large")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return KubernetesError(.unreachable, "TLS failed: \(type(of: error))")
        case let error as IOError:
            return KubernetesError(.unreachable, "the connection failed with errno \(error.errnoCode)")
        default: return KubernetesError(.unreachable, "the connection failed: \(type(of: error))")
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
