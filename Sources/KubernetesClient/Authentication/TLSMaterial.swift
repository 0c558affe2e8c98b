import FoundationEssentials
import KubernetesModel
import Logging
import NIOSSL
import Synchronization

/// The TLS configuration of a cluster. Certificates in files are read again at most every five minutes; new connections
/// use the new ones, and watches that are open go on until they end.
final class TLSMaterial: Sendable {
    private let configuration: ClusterConfiguration
    private let files: FileReader
    private let clock: any RuntimeClock
    private let logger: Logger
    private let cache: Mutex<Cached>

    private struct Cached {
        var tls: TLSConfiguration
        var bytes: PEMBytes
        var refreshAt: Duration
    }

    /// The PEM blocks behind a configuration.
    private struct PEMBytes: Equatable {
        var authority: [UInt8]?
        var chain: [UInt8]?
        var key: [UInt8]?
    }

    private static let refreshInterval: Duration = .seconds(300)

    /// Reads the certificates for the first time.
    ///
    /// - Throws: `ConfigurationError` for files that are missing or hold no certificate or key.
    init(_ configuration: ClusterConfiguration, files: FileReader, clock: any RuntimeClock, logger: Logger) throws {
        self.configuration = configuration
        self.files = files
        self.clock = clock
        self.logger = logger
        let bytes = try Self.read(configuration, files)
        let tls = try Self.tls(bytes, skipsVerification: configuration.skipsTLSVerification)
        cache = Mutex(Cached(tls: tls, bytes: bytes, refreshAt: clock.now + Self.refreshInterval))
    }

    /// The configuration for the next connection.
    func current() -> TLSConfiguration {
        let now = clock.now
        let known = cache.withLock { $0 }
        guard now >= known.refreshAt else { return known.tls }
        var next = known
        next.refreshAt = now + Self.refreshInterval
        do {
            let bytes = try Self.read(configuration, files)
            if bytes != known.bytes {
                next.tls = try Self.tls(bytes, skipsVerification: configuration.skipsTLSVerification)
                next.bytes = bytes
            }
        } catch {
            logger.warning("certificates cannot be read again, keeping the old ones", metadata: ["error": "\(error)"])
        }
        cache.withLock { $0 = next }
        return next.tls
    }

    private static func read(_ configuration: ClusterConfiguration, _ files: FileReader) throws -> PEMBytes {
        let certificate = configuration.credentials.clientCertificate
        return PEMBytes(
            authority: try configuration.certificateAuthority.map { try read($0, files) },
            chain: try certificate.map { try read($0.chain, files) },
            key: try certificate.map { try read($0.key, files) })
    }

    private static func read(_ source: PEMSource, _ files: FileReader) throws -> [UInt8] {
        switch source {
        case .inline(let text):
            return Array(text.revealed.utf8)
        case .file(let path):
            guard let content = try? files.read(path), !content.isEmpty else {
                throw ConfigurationError(file: path, problem: "the file is missing, empty or unreadable")
            }
            return Array(content)
        }
    }

    private static func tls(_ bytes: PEMBytes, skipsVerification: Bool) throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if skipsVerification { tls.certificateVerification = .none }
        if let authority = bytes.authority {
            let certificates = try parsed("certificate-authority") { try NIOSSLCertificate.fromPEMBytes(authority) }
            tls.trustRoots = .certificates(certificates)
        }
        if let chain = bytes.chain, let key = bytes.key {
            let certificates = try parsed("client-certificate") { try NIOSSLCertificate.fromPEMBytes(chain) }
            tls.certificateChain = certificates.map { .certificate($0) }
            tls.privateKey = .privateKey(
                try parsed("client-key") { try NIOSSLPrivateKey(bytes: key, format: .pem) })
        }
        return tls
    }

    /// Parses PEM without repeating any of it in the error.
    private static func parsed<Value>(_ field: String, _ parse: () throws -> Value) throws -> Value {
        do {
            return try parse()
        } catch {
            throw ConfigurationError(field: field, problem: "holds no valid PEM block")
        }
    }
}
