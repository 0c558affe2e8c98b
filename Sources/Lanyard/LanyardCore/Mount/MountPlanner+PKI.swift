import LanyardAPI

extension MountPlanner {
    private static let listLimit = 64

    /// The certificate authority of a PKI engine, if the operator is to make it.
    ///
    /// - Parameter tuning: the settings of the mount, which cut off the life of a root.
    static func authority(
        _ section: PKIMount?, at location: MountLocation, tuning: MountSettings, check: inout SpecCheck
    ) -> CertificateAuthority? {
        if section?.root != nil, section?.intermediate != nil {
            check.invalid("spec.pki.intermediate", "must not be there beside spec.pki.root")
        }
        if let root = section?.root {
            let field = "spec.pki.root"
            let authority = CertificateAuthority(
                mount: location.mountPath, commonName: root.commonName, organization: root.organization ?? "",
                ttl: check.seconds(root.ttl, "\(field).ttl") ?? 0, keyType: root.keyType ?? "rsa",
                keyBits: root.keyBits ?? 0)
            // The server would issue a shorter one, and only warn.
            if authority.ttl > 0, authority.ttl > tuning.maxLeaseTTL {
                check.invalid("\(field).ttl", "must not be longer than spec.tune.maxLeaseTTL, which must be given")
            }
            checkSubject(of: authority, field, check: &check)
            return authority
        }
        guard let intermediate = section?.intermediate else { return nil }
        let field = "spec.pki.intermediate"
        check.note(VaultName.violation(inMount: intermediate.signedBy), "\(field).signedBy")
        if intermediate.signedBy == location.path {
            check.invalid("\(field).signedBy", "must be another engine")
        }
        let authority = CertificateAuthority(
            mount: location.mountPath, signer: intermediate.signedBy, commonName: intermediate.commonName,
            organization: intermediate.organization ?? "",
            ttl: check.seconds(intermediate.ttl, "\(field).ttl") ?? 0, keyType: intermediate.keyType ?? "rsa",
            keyBits: intermediate.keyBits ?? 0)
        checkSubject(of: authority, field, check: &check)
        return authority
    }

    private static func checkSubject(of authority: CertificateAuthority, _ field: String, check: inout SpecCheck) {
        // RFC 5280 allows 64 characters in either.
        if authority.commonName.isEmpty { check.invalid("\(field).commonName", "must not be empty") }
        check.note(violation(inText: authority.commonName, limit: 64), "\(field).commonName")
        check.note(violation(inText: authority.organization, limit: 64), "\(field).organization")
        checkKey(authority.keyType, authority.keyBits, ["rsa", "ec", "ed25519"], field, check: &check)
    }

    private static func checkKey(
        _ type: String, _ bits: Int, _ types: [String], _ field: String, check: inout SpecCheck
    ) {
        check.choice(type, types, "\(field).keyType")
        let allowed: [Int]
        switch type {
        case "rsa": allowed = [0, 2048, 3072, 4096, 8192]
        case "ec": allowed = [0, 224, 256, 384, 521]
        default: allowed = [0]
        }
        if !allowed.contains(bits) {
            let choices = allowed.dropFirst().map(String.init).joined(separator: ", ")
            check.invalid(
                "\(field).keyBits", choices.isEmpty ? "must not be there" : "must be one of \(choices)")
        }
    }

    /// The addresses that certificates carry.
    static func urls(
        _ section: PKIMount.URLs?, at location: MountLocation, held: [OwnershipRecord.Claim], check: inout SpecCheck
    ) -> [DesiredMountObject] {
        let path = "\(location.mountPath)/config/urls"
        guard section != nil || held.contains(where: { $0.path == path }) else { return [] }
        let lists = [
            ("issuingCertificates", section?.issuingCertificates),
            ("crlDistributionPoints", section?.crlDistributionPoints), ("ocspServers", section?.ocspServers),
        ].map { name, list in
            let field = "spec.pki.urls.\(name)"
            let list = check.bounded(list, field, limit: 16) ?? []
            for (index, url) in list.enumerated() {
                check.note(WebAddress.violation(in: url, schemes: ["http", "https"]), "\(field)[\(index)]")
            }
            return list
        }
        let urls = PKIURLs(issuingCertificates: lists[0], crlDistributionPoints: lists[1], ocspServers: lists[2])
        return [
            DesiredMountObject(
                kind: .urls, path: path, title: "URLs of \(location.mountPath)",
                object: .urls(urls))
        ]
    }

    /// The roles of a PKI engine.
    static func roles(
        _ roles: [PKIRoleSpec]?, at location: MountLocation, check: inout SpecCheck
    ) -> [DesiredMountObject] {
        let field = "spec.pki.roles"
        var seen: Set<String> = []
        return (check.bounded(roles, field, limit: listLimit) ?? []).enumerated().map { index, spec in
            let place = "\(field)[\(index)]"
            check.note(VaultName.violation(inReference: spec.name), "\(place).name")
            if !seen.insert(spec.name).inserted { check.invalid("\(place).name", "is the same as an earlier one") }
            return DesiredMountObject(
                kind: .role, path: "\(location.mountPath)/roles/\(spec.name)", title: "PKI role \(spec.name)",
                object: .role(role(for: spec, place, check: &check)))
        }
    }

    private static func role(for spec: PKIRoleSpec, _ field: String, check: inout SpecCheck) -> PKIRole {
        var role = PKIRole()
        role.allowedDomains = names(spec.allowedDomains, "\(field).allowedDomains", check: &check)
        role.allowsBareDomains = spec.allowBareDomains ?? role.allowsBareDomains
        role.allowsSubdomains = spec.allowSubdomains ?? role.allowsSubdomains
        role.allowsGlobDomains = spec.allowGlobDomains ?? role.allowsGlobDomains
        role.allowsWildcards = spec.allowWildcardCertificates ?? role.allowsWildcards
        role.allowsAnyName = spec.allowAnyName ?? role.allowsAnyName
        role.allowsLocalhost = spec.allowLocalhost ?? role.allowsLocalhost
        role.allowsIPAddresses = spec.allowIPSANs ?? role.allowsIPAddresses
        role.allowedURIs = names(spec.allowedURISANs, "\(field).allowedURISANs", check: &check)
        role.enforcesHostnames = spec.enforceHostnames ?? role.enforcesHostnames
        role.requiresCommonName = spec.requireCN ?? role.requiresCommonName
        role.isForServers = spec.serverFlag ?? role.isForServers
        role.isForClients = spec.clientFlag ?? role.isForClients
        role.keyType = spec.keyType ?? role.keyType
        role.keyBits = spec.keyBits ?? 0
        checkKey(role.keyType, role.keyBits, ["rsa", "ec", "ed25519", "any"], field, check: &check)
        role.keyUsage = usages(spec.keyUsage, keyUsages, "\(field).keyUsage", check: &check) ?? role.keyUsage
        role.extKeyUsage = usages(spec.extKeyUsage, extKeyUsages, "\(field).extKeyUsage", check: &check) ?? []
        role.organization = names(spec.organization, "\(field).organization", check: &check)
        role.ttl = check.seconds(spec.ttl, "\(field).ttl") ?? 0
        role.maxTTL = check.seconds(spec.maxTTL, "\(field).maxTTL") ?? 0
        if role.maxTTL > 0, role.ttl > role.maxTTL { check.invalid("\(field).ttl", "must not be longer than maxTTL") }
        role.isUnstored = spec.noStore ?? false
        return role
    }

    /// Names that a server splits at commas and trims, and that it would fill in where there are braces.
    private static func names(_ list: [String]?, _ field: String, check: inout SpecCheck) -> [String] {
        let list = check.bounded(list, field, limit: listLimit) ?? []
        for (index, name) in list.enumerated() {
            let isPlain = name.isPrintableASCII && name == name.trimmed && !name.contains(",") && !name.contains("{{")
            if name.isEmpty || name.utf8.count > 512 || !isPlain {
                check.invalid(
                    "\(field)[\(index)]",
                    "must be 1 to 512 printable ASCII characters without commas, \"{{\" and blanks at its ends")
            }
        }
        return list
    }

    /// Names of usages. The server takes any, and leaves out those that it does not know.
    private static func usages(
        _ list: [String]?, _ known: [String], _ field: String, check: inout SpecCheck
    ) -> [String]? {
        for (index, name) in (list ?? []).enumerated() where !known.contains(name) {
            check.invalid("\(field)[\(index)]", "must be one of \(known.joined(separator: ", "))")
        }
        return list
    }

    private static let keyUsages = [
        "DigitalSignature", "ContentCommitment", "KeyEncipherment", "DataEncipherment", "KeyAgreement", "CertSign",
        "CRLSign", "EncipherOnly", "DecipherOnly",
    ]

    private static let extKeyUsages = [
        "Any", "ServerAuth", "ClientAuth", "CodeSigning", "EmailProtection", "IPSECEndSystem", "IPSECTunnel",
        "IPSECUser", "TimeStamping", "OCSPSigning",
    ]
}
