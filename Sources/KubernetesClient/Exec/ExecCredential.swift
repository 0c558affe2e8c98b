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
