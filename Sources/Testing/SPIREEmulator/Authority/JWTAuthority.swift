import Crypto
import FoundationEssentials

/// A key that signs JWT-SVIDs with ES256.
struct JWTAuthority: LocalAuthority {
    let keyID: String
    /// Seconds since 1970.
    let expiresAt: Int64
    private let key: P256.Signing.PrivateKey

    var authorityID: String { keyID }

    /// Makes a new key.
    init(keyID: String, expiresAt: Int64) {
        self.keyID = keyID
        self.expiresAt = expiresAt
        key = P256.Signing.PrivateKey()
    }

    /// Restores a key.
    ///
    /// - Parameter key: PKCS#8 in DER.
    /// - Throws: When it does not decode.
    init(keyID: String, expiresAt: Int64, key: [UInt8]) throws {
        self.keyID = keyID
        self.expiresAt = expiresAt
        self.key = try P256.Signing.PrivateKey(derRepresentation: key)
    }

    /// PKCS#8 in DER.
    var keyDER: [UInt8] { Array(key.derRepresentation) }

    /// PKIX in DER.
    var publicKeyDER: [UInt8] { Array(key.publicKey.derRepresentation) }

    /// The public key as a member of a JSON Web Key Set.
    var jwk: JWK {
        // Uncompressed: x and y, 32 bytes each, without the leading 4.
        let point = key.publicKey.x963Representation.dropFirst()
        return JWK(
            kty: "EC", kid: keyID, use: "jwt-svid", crv: "P-256", x: Self.encode(point.prefix(32)),
            y: Self.encode(point.suffix(32)))
    }

    /// A member of a JSON Web Key Set.
    struct JWK: Encodable {
        var kty, kid, use, crv, x, y: String
    }

    /// What a token says.
    struct Claims: Codable, Equatable {
        var aud: [String]
        /// Seconds since 1970.
        var exp: Int64
        /// Seconds since 1970.
        var iat: Int64
        var sub: String
        var jti: String?
    }

    private struct Header: Codable {
        var alg, kid, typ: String
    }

    /// Signs a token.
    ///
    /// - Throws: Never in practice.
    func sign(_ claims: Claims) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = try encoder.encode(Header(alg: "ES256", kid: keyID, typ: "JWT"))
        let signed = Self.encode(header) + "." + Self.encode(try encoder.encode(claims))
        let signature = try key.signature(for: Data(signed.utf8)).rawRepresentation
        return signed + "." + Self.encode(signature)
    }

    /// What a token says if this key signed it; nil when it did not.
    func verified(_ token: String) -> Claims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.decode(parts[0]), let payload = Self.decode(parts[1]),
            let signature = Self.decode(parts[2]),
            let parsed = try? JSONDecoder().decode(Header.self, from: header), parsed.alg == "ES256",
            parsed.kid == keyID, let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature),
            key.publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8))
        else { return nil }
        return try? JSONDecoder().decode(Claims.self, from: payload)
    }

    /// Base64 in the alphabet for URLs, without padding.
    private static func encode(_ data: some DataProtocol) -> String {
        let text = Data(data).base64EncodedString()
        return String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }

    private static func decode(_ text: Substring) -> Data? {
        var text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text)
    }
}
