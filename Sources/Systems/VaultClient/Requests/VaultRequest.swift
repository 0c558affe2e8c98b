package import KubernetesModel

/// One request to the API, below the port and above HTTP.
package struct VaultRequest: Equatable, Sendable {
    package var method: VaultMethod
    package var path: VaultPath
    /// Query string without question mark; constants only, so nothing in it needs encoding.
    package var query: String?
    package var body: JSONValue?
    /// The client token; nil for login and health.
    package var token: String?
    /// Whether the request goes to the root namespace whatever is configured; Vault serves health only there.
    package var isForRootNamespace = false
    /// The state of the storage that the answering node must have reached (`X-Vault-Index`).
    package var index: String?

    /// A request without query and body, where none is given.
    package init(_ method: VaultMethod, _ path: VaultPath, query: String? = nil, body: JSONValue? = nil) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }
}

/// The HTTP methods that Lanyard uses on the API.
package enum VaultMethod: String, Sendable {
    case get = "GET"
    /// Creates and updates; `PUT` means the same to the server.
    case post = "POST"
    case delete = "DELETE"
}

/// A checked API path, for example `auth/kubernetes/role/web`.
///
/// Names of tenants become segments of paths, so nothing is sent that a server or a proxy could read as another path
/// (CVE-2026-3605): no empty segment, no `.` and `..`, no control character; the rest is percent-encoded per segment.
package struct VaultPath: Hashable, Sendable {
    /// The segments as they are, not encoded; never empty.
    package let segments: [String]

    /// Checks a path without `/v1/`.
    ///
    /// - Throws: `VaultError` with code `rejected`.
    package init(_ path: String) throws(VaultError) {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for segment in segments {
            if segment.isEmpty || segment == "." || segment == ".." {
                throw VaultError(.rejected, "the path has an empty or relative segment")
            }
            if segment.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) {
                throw VaultError(.rejected, "the path contains a control character")
            }
        }
        self.segments = segments
    }

    /// The path with every character outside of RFC 3986's unreserved set encoded.
    package var encoded: String {
        segments.map(Self.encoded).joined(separator: "/")
    }

    /// Whether a secrets engine answers below this path, whose errors may quote statements and connections: also where
    /// the server has it revoke leases.
    package var isInSecretsEngine: Bool {
        (segments.first != "sys" && segments.first != "auth") || segments.starts(with: ["sys", "leases"])
    }

    private static func encoded(_ segment: String) -> String {
        // As names are.
        if segment.utf8.allSatisfy(isUnreserved) { return segment }
        var text = ""
        for byte in segment.utf8 {
            if isUnreserved(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                text += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return text
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
        default: false
        }
    }
}
