import AsyncHTTPClient
import FoundationEssentials
import KubernetesModel
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends one request over HTTP, with the credentials and certificates of now.
struct RequestSender: Sendable {
    let address: ServerAddress
    let pools: ConnectionPools
    let authorizer: RequestAuthorizer
    let tls: TLSMaterial?
    /// Headers of every request: who sends it, and on whose behalf.
    let headers: HTTPHeaders
    let metrics: RequestMetrics
    let clock: any RuntimeClock
    let logger: Logger
    private let warnings = ServerWarnings()

    init(
        address: ServerAddress, pools: ConnectionPools, authorizer: RequestAuthorizer, tls: TLSMaterial?,
        headers: HTTPHeaders, metrics: RequestMetrics, clock: any RuntimeClock, logger: Logger
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
        http.headers = headers
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

/// Logs what the server warns about, such as deprecated versions, once per text.
final class ServerWarnings: Sendable {
    private let seen = Mutex<Set<String>>([])

    /// Different texts that are remembered; a server that makes up more is not worth listening to.
    private static let maximum = 100

    /// Logs the texts that are new.
    func log(_ texts: [String], _ logger: Logger) {
        for text in texts {
            let isNew = seen.withLock { $0.count < Self.maximum && $0.insert(text).inserted }
            if isNew { logger.warning("API server warns", metadata: ["kubernetes.warning": "\(text)"]) }
        }
    }
}

/// The texts of `Warning` headers: `299 - "text"`, several of them separated by commas (RFC 7234 §5.5).
enum WarningHeader {
    /// The quoted texts, at most 256 characters of each. What has another form is left out.
    static func texts(_ values: [String]) -> [String] {
        values.flatMap(texts)
    }

    private static func texts(_ value: String) -> [String] {
        var texts: [String] = []
        var text: String?
        var isEscaped = false
        for character in value {
            switch (text, character) {
            case (nil, "\""): text = ""
            case (nil, _): break
            case (let open?, "\"") where !isEscaped:
                // The date that may follow is quoted as well.
                if texts.count < 16, !isDate(open) { texts.append(open) }
                text = nil
            case (_?, "\\") where !isEscaped: isEscaped = true
            case (let open?, _):
                isEscaped = false
                if open.count < 256 { text = open + String(character) }
            }
        }
        return texts
    }

    /// Whether this is an HTTP date, such as `Wed, 21 Oct 2015 07:28:00 GMT`.
    private static func isDate(_ text: String) -> Bool {
        text.hasSuffix(" GMT") && text.count == 29
    }
}
