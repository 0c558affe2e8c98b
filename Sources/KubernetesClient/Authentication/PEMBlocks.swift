import NIOSSL

/// Reading of PEM. The errors never repeat any of it.
enum PEMBlocks {
    /// A PEM text that is not what it should be.
    struct Malformed: Error {
        /// What it should hold, such as `certificate`.
        let kind: String
    }

    /// The certificates of a chain or a bundle; at least one.
    ///
    /// - Throws: `Malformed`.
    static func certificates(_ bytes: [UInt8]) throws -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw Malformed(kind: "certificate")
        }
        return certificates
    }

    /// A private key without a passphrase.
    ///
    /// - Throws: `Malformed`.
    static func privateKey(_ bytes: [UInt8]) throws -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw Malformed(kind: "unencrypted private key")
        }
    }
}
