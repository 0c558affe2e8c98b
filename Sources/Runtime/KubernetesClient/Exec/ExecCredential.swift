import FoundationEssentials
import KubernetesModel

/// The object that a plugin prints.
struct ExecCredential: Equatable, Sendable {
    let token: Secret?
    let certificate: CertificatePair?
    /// Nil when it is valid until the server refuses it.
    let expiresAt: WallTime?

    /// Why the output is no credential; it is never repeated.
    struct Malformed: Error, Equatable {
        let problem: String
    }

    /// Reads what a plugin printed, JSON or YAML.
    ///
    /// - Throws: `Malformed`.
    init(_ output: Data, version: ExecPlugin.Version) throws {
        guard let object = try? HostileYAML.decode(Document.self, from: output) else {
            throw Malformed(problem: "its output is no ExecCredential")
        }
        guard object.kind == "ExecCredential" else { throw Malformed(problem: "its output is no ExecCredential") }
        guard object.apiVersion == version.rawValue else {
            throw Malformed(problem: "its output is of another version than \(version.rawValue)")
        }
        let status = object.status
        let token = status?.token?.split(whereSeparator: \.isWhitespace)
        switch (status?.clientCertificateData ?? "", status?.clientKeyData ?? "") {
        case ("", ""): certificate = nil
        case (_, ""), ("", _):
            throw Malformed(problem: "it gave a certificate without key, or a key without certificate")
        case (let chain, let key): certificate = CertificatePair(chain: Secret(chain), key: Secret(key))
        }
        guard (token?.count ?? 0) < 2 else { throw Malformed(problem: "its token has white space in it") }
        self.token = token?.first.map { Secret(String($0)) }
        guard self.token != nil || certificate != nil else {
            throw Malformed(problem: "it gave neither a token nor a certificate")
        }
        if let time = status?.expirationTimestamp, !time.isEmpty {
            guard let expiresAt = WallTime(rfc3339: time) else {
                throw Malformed(problem: "its expirationTimestamp is no time")
            }
            self.expiresAt = expiresAt
        } else {
            expiresAt = nil
        }
    }

    /// The credential as requests use it.
    var requestCredentials: RequestCredentials {
        RequestCredentials(header: token.map { Secret("Bearer \($0.revealed)") }, certificate: certificate)
    }

    private struct Document: Decodable {
        var apiVersion: String?
        var kind: String?
        var status: Status?
    }

    private struct Status: Decodable {
        var token: String?
        var clientCertificateData: String?
        var clientKeyData: String?
        var expirationTimestamp: String?
    }
}

/// What a plugin is told about the cluster (`spec.cluster` of an `ExecCredential`).
struct ExecClusterInfo: Sendable {
    private let configuration: ClusterConfiguration
    private let files: FileReader

    init(_ configuration: ClusterConfiguration, files: FileReader) {
        self.configuration = configuration
        self.files = files
    }

    /// The cluster of now: a CA bundle in a file may have changed.
    func json(extension text: Secret?) -> JSONValue {
        var cluster: JSONValue = ["server": .string(configuration.server)]
        if let name = configuration.tlsServerName { cluster["tls-server-name"] = .string(name) }
        if configuration.skipsTLSVerification { cluster["insecure-skip-tls-verify"] = true }
        if let bundle { cluster["certificate-authority-data"] = .string(bundle.base64EncodedString()) }
        if let proxy = configuration.proxyURL { cluster["proxy-url"] = .string(proxy) }
        if let text, let config = try? JSONValue(parsing: Data(text.revealed.utf8)) { cluster["config"] = config }
        return cluster
    }

    private var bundle: Data? {
        switch configuration.certificateAuthority {
        case nil: nil
        case .inline(let text): Data(text.revealed.utf8)
        case .file(let path): try? files.read(path)
        }
    }
}

/// What a credential plugin says to people.
enum Complaint {
    /// Longer words than this, without any space, are taken for tokens.
    private static let longestWord = 40

    /// A line without words that may be tokens, keys or passwords. Rather too much is taken out than too little.
    static func redacted(_ line: some StringProtocol) -> String {
        var isAfterBearer = false
        return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
            defer { isAfterBearer = word.lowercased().hasSuffix("bearer") }
            return isAfterBearer || isSecret(word) ? "[redacted]" : String(word)
        }.joined(separator: " ")
    }

    private static func isSecret(_ word: some StringProtocol) -> Bool {
        let lower = word.lowercased()
        if ["token", "password", "secret"].contains(where: { lower.contains("\($0)=") || lower.contains("\($0)\":") }) {
            return true
        }
        return word.split { !($0.isLetter || $0.isNumber || "._-+/=".contains($0)) }.contains { part in
            (part.hasPrefix("eyJ") && part.count >= 12)
                || (part.count > longestWord && !part.contains("/") && part.contains(where: \.isNumber))
        }
    }
}
