package import KubernetesModel

/// The certificate authority of a PKI engine, which is made once and never again: another one would be another root of
/// trust.
package struct CertificateAuthority: Equatable, Sendable {
    /// Mount path of its engine.
    package var mount: String
    /// Mount path of the engine that signs it; nil for one that signs itself.
    package var signer: String?
    /// The `CN` of its certificate.
    package var commonName: String
    /// The `O` of its certificate, or empty.
    package var organization: String
    /// In seconds; 0 is the server's default.
    package var ttl: Int
    /// `rsa`, `ec` or `ed25519`.
    package var keyType: String
    /// The server's for the type when 0.
    package var keyBits: Int

    /// One that signs itself, where no signer is given.
    package init(
        mount: String, signer: String? = nil, commonName: String, organization: String = "", ttl: Int = 0,
        keyType: String = "rsa", keyBits: Int = 0
    ) {
        self.mount = mount
        self.signer = signer
        self.commonName = commonName
        self.organization = organization
        self.ttl = ttl
        self.keyType = keyType
        self.keyBits = keyBits
    }

    /// How it is made, by requests that answer.
    package enum Request: Equatable, Sendable {
        /// One request makes it.
        case root(path: String, body: JSONValue, recovery: [Call])
        /// Several requests make it.
        case intermediate(Intermediate)
    }

    /// A request that takes up what is left of an attempt that was cut off. A server stops between two of its writes when its
    /// client goes: then a key or an issuer has our name, is not the engine's default, and is in the way of another one.
    package struct Call: Equatable, Sendable {
        package var path: String
        package var body: JSONValue
    }

    /// How an authority is made that another one signs.
    package struct Intermediate: Equatable, Sendable {
        /// Makes the key if there is none yet, and answers with a `csr`.
        package var requestPath: String
        package var requestBody: JSONValue
        /// In its place, in order, when it is refused.
        package var recovery: [Call]
        /// Signs: the body gets the member `csr`; the answer has the `certificate`, with its chain.
        package var signingPath: String
        package var signingBody: JSONValue
        /// Takes the body `{"certificate": …}`.
        package var installationPath: String
        /// Then the new issuer gets its name.
        package var namingPath: String
        package var namingBody: JSONValue
    }

    /// What is claimed, and what tells whether there is one: it names the engine's default issuer. To ask for the issuer
    /// itself is an error of the server (500) while there is none.
    package var claimPath: String { "\(mount)/config/issuers" }

    /// What tells whether there is a key already, left over from an attempt that did not come to an end.
    package var keysPath: String { "\(mount)/config/keys" }

    /// Where the default issuer is described. To be read only if there is one.
    package var issuerPath: String { "\(mount)/issuer/default" }

    /// Where one of the engine's keys is described, but for the secret; the ID may be `+` for all.
    func keyPath(_ id: String) -> String { "\(mount)/key/\(id)" }

    /// What tells this description from any other one.
    package var digest: String {
        StableDigest.hexadecimal(
            of: [signer ?? "", commonName, organization, String(ttl), keyType, String(keyBits)]
                .joined(separator: "\u{0}"))
    }

    /// The name of issuer and key in Vault. The server keeps such names unique, so that a request that is repeated, for
    /// example because its answer was lost, is refused instead of making a second authority.
    package var name: String { "\(Self.prefix)\(digest.prefix(16))" }

    private static let prefix = "lanyard-"

    /// Whether issuer and key of some authority are called so, whatever its spec.
    static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }

    /// How it is made.
    ///
    /// - Parameter hasKey: whether the engine has a key already.
    package func request(hasKey: Bool) -> Request {
        var subject: JSONValue = ["common_name": .string(commonName)]
        if !organization.isEmpty { subject["organization"] = .string(organization) }
        var signing = subject
        if ttl > 0 { signing["ttl"] = .integer(Int64(ttl)) }
        var making = subject
        making["key_type"] = .string(keyType)
        making["key_bits"] = .integer(Int64(keyBits))
        making["key_name"] = .string(name)
        var reusing = subject
        reusing["key_ref"] = .string(name)
        guard let signer else {
            making["issuer_name"] = .string(name)
            reusing["issuer_name"] = .string(name)
            if ttl > 0 {
                making["ttl"] = .integer(Int64(ttl))
                reusing["ttl"] = .integer(Int64(ttl))
            }
            return .root(
                path: "\(mount)/root/generate/internal", body: making,
                recovery: [
                    Call(path: "\(mount)/root/generate/existing", body: reusing),
                    Call(path: claimPath, body: ["default": .string(name)]),
                ])
        }
        signing["format"] = "pem_bundle"
        let make = Call(path: "\(mount)/intermediate/generate/internal", body: making)
        let reuse = Call(path: "\(mount)/intermediate/generate/existing", body: reusing)
        // The key that there is may have been made for another spec, and so have another name.
        let (first, second) = hasKey ? (reuse, make) : (make, reuse)
        return .intermediate(
            Intermediate(
                requestPath: first.path, requestBody: first.body, recovery: [second],
                signingPath: "\(signer)/root/sign-intermediate", signingBody: signing,
                installationPath: "\(mount)/intermediate/set-signed", namingPath: issuerPath,
                namingBody: ["issuer_name": .string(name)]))
    }
}
