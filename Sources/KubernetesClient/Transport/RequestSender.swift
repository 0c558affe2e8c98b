import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import Logging
import NIOCore
import NIOHTTP1

/// Sends one request over HTTP, with the credentials and certificates of now.
struct RequestSender: Sendable {
    let address: ServerAddress
    let pools: ConnectionPools
    let authorizer: RequestAuthorizer
    let tls: TLSMaterial?
    /// Headers of every request: who sends it, and on whose behalf.
    let headers: [(String, String)]
    let metrics: RequestMetrics
    let clock: any RuntimeClock
    let logger: Logger
    private let warnings = ServerWarnings()

    init(
        address: ServerAddress, pools: ConnectionPools, authorizer: RequestAuthorizer, tls: TLSMaterial?,
        headers: [(String, String)], metrics: RequestMetrics, clock: any RuntimeClock, logger: Logger
    ) {
        self.address = address
        self.pools = pools
        self.authorizer = authorizer
        self.tls = tls
        self.headers = headers
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// Sends a request once, and a second time if the server, or the handshake with it, refused credentials or
    /// certificates that have changed since they were read.
    ///
    /// - Throws: `KubernetesError` when there is no answer, `CancellationError`.
    func exchange(_ request: APIRequest, _ purpose: ConnectionPools.Purpose) async throws -> HTTPClientResponse {
        let credentials = try await authorizer.credentials()
        do {
            let response = try await execute(request, credentials, purpose)
            guard response.status == .unauthorized else { return response }
            let hasRenewed = authorizer.renews(after: credentials)
            let hasReloaded = tls?.reloads() ?? false
            guard hasRenewed || hasReloaded else { return response }
        } catch let failure as TransportFailure {
            guard failure.isHandshake, tls?.reloads() == true else { throw failure.error }
        }
        do {
            return try await execute(request, authorizer.credentials(), purpose)
        } catch let failure as TransportFailure {
            throw failure.error
        }
    }

    private func execute(
        _ request: APIRequest, _ credentials: RequestCredentials, _ purpose: ConnectionPools.Purpose
    ) async throws -> HTTPClientResponse {
        var http = HTTPClientRequest(url: address.url(request))
        http.method = HTTPMethod(rawValue: request.method.rawValue)
        http.headers.add(contentsOf: headers)
        http.headers.add(name: "Accept", value: request.accept)
        if let header = credentials.header { http.headers.add(name: "Authorization", value: header.revealed) }
        if let contentType = request.contentType { http.headers.add(name: "Content-Type", value: contentType) }
        if let body = request.body { http.body = .bytes(ByteBuffer(bytes: body)) }
        http.tlsConfiguration = try tls?.current(credentials.certificate)
        let startedAt = clock.now
        do {
            // The deadline of the caller cancels this; the client's own is only a second line of defence.
            let limit = TimeAmount(request.timeout) + .seconds(5)
            let response = try await pools[purpose].execute(http, timeout: limit)
            metrics.ended(request, status: Int(response.status.code), after: clock.now - startedAt)
            warnings.log(WarningHeader.texts(response.headers["Warning"]), logger)
            return response
        } catch {
            metrics.ended(request, status: nil, after: clock.now - startedAt)
            throw try TransportFailure(error)
        }
    }
}
