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

    /// Names a role.
    package init(name: String) { self.name = name }
}
