/// The certificate authority of a PKI engine, and what it issues. At most one of `root` and `intermediate`; with neither,
/// the authority is somebody else's affair.
package struct PKIMount: Codable, Equatable, Sendable {
    package var root: Root?
    package var intermediate: Intermediate?
    package var urls: URLs?
    package var roles: [PKIRoleSpec]?

    /// Makes an engine without authority and roles.
    package init(
        root: Root? = nil, intermediate: Intermediate? = nil, urls: URLs? = nil, roles: [PKIRoleSpec]? = nil
    ) {
        self.root = root
        self.intermediate = intermediate
        self.urls = urls
        self.roles = roles
    }

    /// A self-signed authority, made once; its key never leaves Vault.
    package struct Root: Codable, Equatable, Sendable {
        package var commonName: String
        package var organization: String?
        package var ttl: String?
        /// `rsa`, `ec` or `ed25519`; `rsa` when absent.
        package var keyType: String?
        package var keyBits: Int?

        /// What is left out is the server's default.
        package init(
            commonName: String, organization: String? = nil, ttl: String? = nil, keyType: String? = nil,
            keyBits: Int? = nil
        ) {
            self.commonName = commonName
            self.organization = organization
            self.ttl = ttl
            self.keyType = keyType
            self.keyBits = keyBits
        }
    }

    /// An authority that another PKI engine of the same Vault signs, made once; its key never leaves Vault.
    package struct Intermediate: Codable, Equatable, Sendable {
        /// Mount path of the engine that signs it.
        package var signedBy: String
        package var commonName: String
        package var organization: String?
        package var ttl: String?
        /// `rsa`, `ec` or `ed25519`; `rsa` when absent.
        package var keyType: String?
        package var keyBits: Int?

        /// Names an authority and its signer.
        package init(
            signedBy: String, commonName: String, organization: String? = nil, ttl: String? = nil,
            keyType: String? = nil, keyBits: Int? = nil
        ) {
            self.signedBy = signedBy
            self.commonName = commonName
            self.organization = organization
            self.ttl = ttl
            self.keyType = keyType
            self.keyBits = keyBits
        }
    }

    /// Addresses that certificates carry.
    package struct URLs: Codable, Equatable, Sendable {
        package var issuingCertificates: [String]?
        package var crlDistributionPoints: [String]?
        package var ocspServers: [String]?

        /// Certificates carry none of what is left out.
        package init(
            issuingCertificates: [String]? = nil, crlDistributionPoints: [String]? = nil, ocspServers: [String]? = nil
        ) {
            self.issuingCertificates = issuingCertificates
            self.crlDistributionPoints = crlDistributionPoints
            self.ocspServers = ocspServers
        }
    }
}

/// What certificates a role of a PKI engine issues; what is absent is the server's default.
package struct PKIRoleSpec: Codable, Equatable, Sendable {
    package var name: String
    package var allowedDomains: [String]?
    package var allowBareDomains: Bool?
    package var allowSubdomains: Bool?
    package var allowGlobDomains: Bool?
    package var allowWildcardCertificates: Bool?
    package var allowAnyName: Bool?
    package var allowLocalhost: Bool?
    package var allowIPSANs: Bool?
    package var allowedURISANs: [String]?
    package var enforceHostnames: Bool?
    package var requireCN: Bool?
    package var serverFlag: Bool?
    package var clientFlag: Bool?
    /// `rsa`, `ec`, `ed25519` or `any`; `rsa` when absent.
    package var keyType: String?
    package var keyBits: Int?
    package var keyUsage: [String]?
    package var extKeyUsage: [String]?
    package var organization: [String]?
    package var ttl: String?
    package var maxTTL: String?
    package var noStore: Bool?

    /// All else is the server's default.
    package init(name: String) { self.name = name }
}
