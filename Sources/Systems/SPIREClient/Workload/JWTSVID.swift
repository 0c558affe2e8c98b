import FoundationEssentials
package import LanyardAPI

/// A signed token that says who its bearer is. Whoever has the token is taken for that: it is a secret.
package struct JWTSVID: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package let spiffeID: SPIFFEID
    /// The token, secret.
    package let token: String
    /// Seconds since 1970 at which nobody takes it any more.
    package let expiresAt: Int64

    /// Makes a value from its parts.
    package init(spiffeID: SPIFFEID, token: String, expiresAt: Int64) {
        self.spiffeID = spiffeID
        self.token = token
        self.expiresAt = expiresAt
    }

    /// Reads an SVID of the wire. Its signature is not looked at: it comes from the agent, and is for somebody else to
    /// verify.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when it is none.
    package init(wire: WorkloadAPI_JWTSVID) throws(SPIREError) {
        guard let spiffeID = try? SPIFFEID(wire.spiffeID) else {
            throw SPIREError(.malformedAnswer, "a JWT-SVID has no valid SPIFFE ID")
        }
        let parts = wire.svid.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Self.decode(parts[1]),
            let claims = try? JSONDecoder().decode(Claims.self, from: payload)
        else {
            throw SPIREError(.malformedAnswer, "a JWT-SVID is no token")
        }
        guard let expiresAt = Int64(exactly: claims.exp.rounded(.down)) else {
            throw SPIREError(.malformedAnswer, "a JWT-SVID does not say when it expires")
        }
        self.init(spiffeID: spiffeID, token: wire.svid, expiresAt: expiresAt)
    }

    /// Without the token.
    package var description: String { "JWT-SVID of \(spiffeID)" }

    /// Without the token.
    package var debugDescription: String { description }

    private struct Claims: Decodable {
        var exp: Double
    }

    /// Decodes Base64 in the alphabet for URLs, which has no padding.
    private static func decode(_ text: Substring) -> Data? {
        var text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text)
    }
}

/// Where this process gets JWT-SVIDs for itself.
package protocol JWTSVIDSource: Sendable {
    /// A token that is fresh, for one audience.
    ///
    /// - Throws: `SPIREError`; `permissionDenied` when there is no identity for this process (yet).
    func jwtSVID(audience: String) async throws(SPIREError) -> JWTSVID
}
