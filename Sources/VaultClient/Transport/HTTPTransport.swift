import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOSSL

/// HTTP/1.1 to one address. Redirects are not followed: they would carry the token to another path or host.
final class HTTPTransport: VaultTransport {
    /// The longest answer that is read; a policy with 20 000 rules has about 1 MB.
    private static let maxAnswerSize = 8 << 20

    private let client: HTTPClient
    private let base: String
    private let namespace: String?

    /// Reads the CA file; connects later.
    ///
    /// - Throws: `VaultError` with code `rejected` when the address or the CA file is unusable.
    init(_ configuration: VaultConnectionConfiguration) throws(VaultError) {
        var address = configuration.address
        while address.hasSuffix("/") { address.removeLast() }
        guard let url = URL(string: address), url.scheme == "http" || url.scheme == "https",
            url.host?.isEmpty == false
        else {
            throw VaultError(.rejected, "the address of Vault is not an http or https URL")
        }
        base = address
        namespace = configuration.namespace
        var settings = HTTPClient.Configuration(
            tlsConfiguration: try Self.tlsConfiguration(configuration.caFile),
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(3)))
        settings.httpVersion = .http1Only
        // Renewals and probes come on top of the requests that are counted.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.maxConcurrentRequests + 2
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Connections that nobody closed, because something failed before there was anybody to do so.
    deinit {
        client.shutdown { _ in }
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        let httpRequest = try httpRequest(request)
        do {
            let response = try await client.execute(httpRequest, timeout: TimeAmount(timeout))
            let body = try await response.body.collect(upTo: Self.maxAnswerSize)
            return VaultResponse(status: Int(response.status.code), data: Data(body.readableBytesView)) {
                response.headers.first(name: $0)
            }
        } catch {
            throw Self.vaultError(error)
        }
    }

    func shutDown() async {
        // Fails only when it was shut down before.
        try? await client.shutdown()
    }

    private func httpRequest(_ request: VaultRequest) throws(VaultError) -> HTTPClientRequest {
        let query = request.query.map { "?\($0)" } ?? ""
        var result = HTTPClientRequest(url: "\(base)/v1/\(request.path.encoded)\(query)")
        result.method = HTTPMethod(rawValue: request.method.rawValue)
        // Agents and proxies of Vault can be set up to refuse requests without it, as a guard against forgery.
        result.headers.add(name: "X-Vault-Request", value: "true")
        if let namespace, !request.isForRootNamespace {
            result.headers.add(name: "X-Vault-Namespace", value: namespace)
        }
        if let token = request.token { result.headers.add(name: "X-Vault-Token", value: token) }
        if let index = request.index { result.headers.add(name: "X-Vault-Index", value: index) }
        if let body = request.body {
            guard let data = try? JSON.encode(body) else {
                throw VaultError(.rejected, "the body of the request is not JSON")
            }
            result.headers.add(name: "Content-Type", value: "application/json")
            result.body = .bytes(data)
        }
        return result
    }

    private static func tlsConfiguration(_ caFile: String?) throws(VaultError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let caFile {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(caFile), !certificates.isEmpty else {
                throw VaultError(.rejected, "the CA file of Vault cannot be read")
            }
            configuration.trustRoots = .certificates(certificates)
        }
        return configuration
    }

    /// Messages say what kind of failure it was, never to whom: addresses do not belong into statuses.
    private static func vaultError(_ error: any Error) -> VaultError {
        switch error {
        case is CancellationError:
            return VaultError(.cancelled, "the task was cancelled")
        case let error as HTTPClientError:
            return vaultError(error)
        case is NIOTooManyBytesError:
            return VaultError(.malformedAnswer, "the answer is too long")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            return VaultError(.unavailable, "TLS to the server cannot be established")
        default:
            return VaultError(.unavailable, "the server cannot be reached")
        }
    }

    private static func vaultError(_ error: HTTPClientError) -> VaultError {
        switch error {
        case .cancelled:
            return VaultError(.cancelled, "the task was cancelled")
        case .deadlineExceeded, .readTimeout, .connectTimeout, .getConnectionFromPoolTimeout:
            return VaultError(.unavailable, "no answer in time")
        default:
            return VaultError(.unavailable, "the server cannot be reached")
        }
    }
}

extension TimeAmount {
    /// At least a millisecond, at most a day.
    fileprivate init(_ duration: Duration) {
        let seconds = min(max(duration / .seconds(1), 0.001), 86_400)
        self = .nanoseconds(Int64(seconds * 1e9))
    }
}
