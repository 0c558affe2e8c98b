import VaultClient

extension VaultConnectionConfiguration {
    /// What the configuration file says.
    init(_ vault: VaultConfiguration) {
        let authentication: Authentication =
            switch vault.authMethod {
            case .kubernetes:
                .kubernetes(mount: vault.authMount, role: vault.authRole, tokenFile: vault.tokenFile)
            case .jwtSVID:
                .jwtSVID(mount: vault.authMount, role: vault.authRole, audience: vault.authAudience)
            case .token: .token(file: vault.tokenFile)
            }
        self.init(
            address: vault.address, caFile: vault.caFile, clientCertificateFile: vault.clientCertificateFile,
            clientKeyFile: vault.clientKeyFile, namespace: vault.namespace, authentication: authentication,
            maxConcurrentRequests: vault.maxConcurrentRequests)
    }
}
