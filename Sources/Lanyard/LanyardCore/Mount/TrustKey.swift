import FoundationEssentials

/// A public key that signs JWT-SVIDs.
package struct TrustKey: Equatable, Sendable {
    /// The `kid` of tokens that it signed.
    package let keyID: String
    /// PKIX (SubjectPublicKeyInfo), DER.
    package let publicKey: [UInt8]

    /// A key as it is in the bundle.
    package init(keyID: String, publicKey: [UInt8]) {
        self.keyID = keyID
        self.publicKey = publicKey
    }

    /// The key as Vault takes it; nil when it is neither an RSA nor an EC key, the kinds that SPIRE signs with.
    package var pem: String? {
        guard let algorithm = Self.algorithm(of: publicKey), Self.algorithms.contains(algorithm) else { return nil }
        let digits = Data(publicKey).base64EncodedString()
        var lines = ["-----BEGIN PUBLIC KEY-----"]
        var rest = Substring(digits)
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + ["-----END PUBLIC KEY-----"]).joined(separator: "\n")
    }

    /// `rsaEncryption` and `id-ecPublicKey` (RFC 3279).
    private static let algorithms: [[UInt8]] = [
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01], [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01],
    ]

    /// The object identifier of a key's algorithm; nil when the bytes are not one SubjectPublicKeyInfo and no more.
    private static func algorithm(of key: [UInt8]) -> [UInt8]? {
        var document = key[...]
        guard var fields = element(0x30, from: &document), document.isEmpty,
            var identifier = element(0x30, from: &fields), let algorithm = element(0x06, from: &identifier),
            let bits = element(0x03, from: &fields), bits.count > 1, fields.isEmpty
        else { return nil }
        return Array(algorithm)
    }

    /// Takes an element of a tag off the front; nil when it is another one, or cut off.
    private static func element(_ tag: UInt8, from bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.popFirst() == tag, let first = bytes.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            // Two bytes of length are enough for an RSA key of half a million bits.
            let count = Int(first & 0x7F)
            guard (1...2).contains(count), bytes.count >= count else { return nil }
            length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
        }
        guard bytes.count >= length else { return nil }
        defer { bytes = bytes.dropFirst(length) }
        return bytes.prefix(length)
    }
}

/// What is known of the keys that sign the JWT-SVIDs of the operator's trust domain.
package enum TrustFact: Equatable, Sendable {
    /// The keys of SPIRE's bundle.
    case found([TrustKey])
    /// The bundle could not be read.
    case failed(ConditionOutcome)
}
