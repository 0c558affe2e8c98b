import LanyardAPI

extension MountPlanner {
    /// The configuration of a Kubernetes auth method.
    static func kubernetes(
        _ section: KubernetesMount?, at location: MountLocation, check: inout SpecCheck
    ) -> [DesiredMountObject] {
        guard let section else { return [] }
        let field = "spec.kubernetes"
        check.note(WebAddress.violation(in: section.host, schemes: ["https"]), "\(field).host")
        if let certificate = section.caCertificate {
            check.note(CertificateText.violation(in: certificate), "\(field).caCertificate")
        } else if section.disableLocalCAJWT == true {
            check.invalid("\(field).caCertificate", "must be there if disableLocalCAJWT is true")
        }
        var token: SecretKey?
        if let reference = section.reviewerTokenSecretRef {
            let place = "\(field).reviewerTokenSecretRef"
            token = secretKey(reference.name, reference.key ?? "token", keyField: "key", place, check: &check)
        }
        let configuration = KubernetesAuthConfiguration(
            host: section.host, caCertificate: section.caCertificate ?? "", hasReviewerToken: token != nil,
            disablesLocalCA: section.disableLocalCAJWT ?? false)
        return [
            DesiredMountObject(
                kind: .authConfiguration, path: "\(location.mountPath)/config",
                title: "configuration of \(location.mountPath)", object: .kubernetes(configuration),
                source: token.map(MountSource.reviewerToken) ?? .spec)
        ]
    }

    /// The configuration of a JWT auth method.
    static func jwt(
        _ section: JWTMount?, at location: MountLocation, check: inout SpecCheck
    ) -> [DesiredMountObject] {
        guard let section else { return [] }
        let field = "spec.jwt"
        let sources = [section.trust != nil, section.jwksURL != nil, section.discoveryURL != nil]
        if sources.filter({ $0 }).count != 1 {
            check.invalid(field, "must have exactly one of trust, jwksURL and discoveryURL")
        }
        for (name, url) in [("jwksURL", section.jwksURL), ("discoveryURL", section.discoveryURL)] {
            guard let url else { continue }
            check.note(WebAddress.violation(in: url, schemes: ["https"]), "\(field).\(name)")
        }
        if let certificate = section.caCertificate {
            check.note(CertificateText.violation(in: certificate), "\(field).caCertificate")
            if section.trust != nil { check.invalid("\(field).caCertificate", "needs jwksURL or discoveryURL") }
        }
        let issuer = section.boundIssuer ?? ""
        if issuer.utf8.count > 1024 || !issuer.isPrintableASCII || issuer != issuer.trimmed {
            check.invalid(
                "\(field).boundIssuer", "must be printable ASCII without blanks at its ends, at most 1024 bytes")
        }
        let certificate = section.caCertificate ?? ""
        var keys = JWTAuthConfiguration.Keys.fixed([])
        if let url = section.jwksURL { keys = .jwks(url: url, caCertificate: certificate) }
        if let url = section.discoveryURL { keys = .discovery(url: url, caCertificate: certificate) }
        return [
            DesiredMountObject(
                kind: .authConfiguration, path: "\(location.mountPath)/config",
                title: "configuration of \(location.mountPath)",
                object: .jwt(JWTAuthConfiguration(keys: keys, boundIssuer: issuer)),
                source: section.trust == nil ? .spec : .trustKeys)
        ]
    }

    /// An entry of a Secret, checked.
    ///
    /// - Parameters:
    ///   - keyField: the name of the field that names the entry.
    ///   - field: the path of the reference.
    static func secretKey(
        _ secret: String, _ key: String, keyField: String, isConfidential: Bool = true, _ field: String,
        check: inout SpecCheck
    ) -> SecretKey {
        if !KubernetesName.isObjectName(secret) { check.invalid("\(field).name", "must be the name of a Secret") }
        let isPlain = key.utf8.allSatisfy { byte in
            let character = Character(Unicode.Scalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
        }
        if key.isEmpty || key.utf8.count > 253 || !isPlain || key == "." || key == ".." {
            check.invalid("\(field).\(keyField)", "must consist of letters, digits, \"-\", \"_\" and \".\"")
        }
        return SecretKey(secret: secret, key: key, isConfidential: isConfidential)
    }
}
