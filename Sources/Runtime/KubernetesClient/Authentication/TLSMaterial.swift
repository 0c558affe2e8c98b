import FoundationEssentials
import KubernetesModel
import Logging
import Metrics
import NIOSSL
import Synchronization

/// The TLS configuration of a cluster. Certificates in files are read again at most every five minutes, and when a
/// handshake failed. A connection is used only for requests with the configuration that it was opened with, so old ones
/// get no new requests; watches that are open go on until they end.
final class TLSMaterial: Sendable {
    /// What is in force at first, for connections of which requests say nothing else.
    let initial: TLSConfiguration
    private let initialBytes: [[UInt8]?]
    private let source: TLSSource
    private let clock: any RuntimeClock
    private let metrics: any MetricsFactory
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var parts: TLSParts
        /// The configuration of these parts; nil while they are those of the start.
        var changed: TLSConfiguration?
        var refreshAt: Duration
        /// When a failed handshake may make the files be read again.
        var forcibleAt: Duration
        /// The configuration with the certificate of a credential plugin.
        var issued: (pair: CertificatePair, tls: TLSConfiguration)?
    }

    private static let refreshInterval: Duration = .seconds(300)
    private static let forcedInterval: Duration = .seconds(10)

    /// Reads the certificates for the first time.
    ///
    /// - Throws: `ConfigurationError` for files that are missing or hold no certificate or key.
    init(
        _ configuration: ClusterConfiguration, files: FileReader, clock: any RuntimeClock,
        metrics: any MetricsFactory, logger: Logger
    ) throws {
        source = TLSSource(configuration, files: files)
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        let now = clock.now
        let parts = try source.load()
        initial = parts.tls
        initialBytes = parts.bytes
        state = Mutex(State(parts: parts, refreshAt: now + Self.refreshInterval, forcibleAt: now))
    }

    /// The configuration for the next request; nil for the initial one. The client seeks connections by what a request says, and
    /// hashes all certificates of that each time.
    ///
    /// - Parameter pair: a client certificate in place of the configured one.
    /// - Throws: `KubernetesError.unauthorized` when that is none.
    func current(_ pair: CertificatePair?) throws -> TLSConfiguration? {
        let now = clock.now
        // One request reads, and those beside it go on with what is known (rule talk-9).
        let isDue = state.withLock { state in
            guard now >= state.refreshAt else { return false }
            state.refreshAt = now + Self.refreshInterval
            return true
        }
        if isDue { reload(at: now) }
        guard let pair else { return state.withLock { $0.changed } }
        if let issued = state.withLock({ $0.issued }), issued.pair == pair { return issued.tls }
        do {
            let tls = try state.withLock { $0.parts }.with(identity: source.parse(pair)).tls
            state.withLock { $0.issued = (pair, tls) }
            return tls
        } catch {
            throw KubernetesError(.unauthorized, "the credential plugin gave a certificate or key that is none")
        }
    }

    /// Reads the files again after a failed handshake, at most every ten seconds.
    ///
    /// - Returns: whether they have changed, so that the request is worth one more try.
    func reloads() -> Bool {
        let now = clock.now
        let isDue = state.withLock { state in
            guard now >= state.forcibleAt else { return false }
            state.forcibleAt = now + Self.forcedInterval
            return true
        }
        return isDue && reload(at: now)
    }

    /// Reads what is in files again. What cannot be used leaves the old part in force.
    @discardableResult
    private func reload(at now: Duration) -> Bool {
        let known = state.withLock { $0.parts }
        var parts = known
        switch source.reloadAuthority(known) {
        case .none: break
        case .unchanged: count("unchanged")
        case .changed(let next):
            parts = parts.with(authority: next)
            count("changed")
            logger.info("the CA bundle has changed")
        case .failed(let problem):
            count("failed")
            logger.warning("the CA bundle cannot be used, keeping the old one", metadata: ["problem": "\(problem)"])
        }
        switch source.reloadIdentity(known) {
        case .none, .unchanged: break
        case .changed(let next):
            parts = parts.with(identity: next)
            logger.info("the client certificate has changed")
        case .failed(let problem):
            logger.warning(
                "the client certificate cannot be used, keeping the old one", metadata: ["problem": "\(problem)"])
        }
        let hasChanged = parts.bytes != known.bytes
        state.withLock { state in
            state.refreshAt = now + Self.refreshInterval
            guard hasChanged else { return }
            state.parts = parts
            state.changed = parts.bytes == initialBytes ? nil : parts.tls
            state.issued = nil
        }
        return hasChanged
    }

    private func count(_ result: String) {
        Counter(
            label: "rest_client_transport_ca_reload_total", dimensions: [("result", result)], factory: metrics
        ).increment()
    }
}

/// The certificates of a cluster's configuration, with the bytes that they were read from.
struct TLSParts: Sendable {
    /// Who may vouch for the server; nil for the system's authorities.
    struct Authority: Sendable {
        let bytes: [UInt8]
        let certificates: [NIOSSLCertificate]
    }

    /// The client's certificate.
    struct Identity: Sendable {
        let chainBytes: [UInt8]
        let keyBytes: [UInt8]
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
    }

    let skipsVerification: Bool
    private(set) var authority: Authority?
    private(set) var identity: Identity?

    init(skipsVerification: Bool, authority: Authority?, identity: Identity?) {
        self.skipsVerification = skipsVerification
        self.authority = authority
        self.identity = identity
    }

    /// What tells two configurations apart.
    var bytes: [[UInt8]?] { [authority?.bytes, identity?.chainBytes, identity?.keyBytes] }

    /// The configuration of a connection.
    var tls: TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if skipsVerification { tls.certificateVerification = .none }
        if let authority { tls.trustRoots = .certificates(authority.certificates) }
        if let identity {
            tls.certificateChain = identity.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(identity.key)
        }
        return tls
    }

    /// The same with another authority.
    func with(authority: Authority) -> TLSParts {
        var parts = self
        parts.authority = authority
        return parts
    }

    /// The same with another client certificate.
    func with(identity: Identity) -> TLSParts {
        var parts = self
        parts.identity = identity
        return parts
    }
}
