import FoundationEssentials
import LanyardCore
import VaultClient

/// How Vault or OpenBao is reached, and where the mounts are.
package struct VaultConfiguration: Equatable, Sendable {
    /// Where Kubernetes puts the token of a pod's ServiceAccount.
    static let serviceAccountTokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"

    /// `http(s)://host[:port]`, without trailing slash.
    var address: String
    /// File with PEM certificates to trust; nil: the system's.
    var caFile: String?
    /// File with the PEM client certificate and its chain; nil: none.
    var clientCertificateFile: String?
    /// File with the key of the client certificate.
    var clientKeyFile: String?
    /// Namespace of all requests; nil: the root namespace.
    var namespace: String?
    /// How the operator logs in.
    package var authMethod: AuthMethod
    /// Mount of the auth method.
    package var authMount: String
    /// The operator's own role at that mount.
    package var authRole: String
    /// Audience of the operator's JWT-SVID.
    var authAudience: String
    /// File with the ServiceAccount token or the Vault token, read again at each login.
    var tokenFile: String
    /// Mounts that bindings use when they do not say one.
    var mounts: MountNames
    var maxConcurrentRequests: Int

    /// A way to log in.
    package enum AuthMethod: String, CaseIterable, Sendable {
        /// With the token of the ServiceAccount.
        case kubernetes
        /// With a JWT-SVID.
        case jwtSVID
        /// With a token in a file.
        case token
    }

    /// Reads the section; nil beside a problem.
    init?(reading: inout ConfigurationReading) {
        let address = reading.value(
            .vaultAddress, "must be http:// or https://, a host and perhaps a port, and nothing else", Self.address)
        caFile = reading.text(.vaultCAFile)
        clientCertificateFile = reading.text(.vaultClientCertificateFile)
        clientKeyFile = reading.text(.vaultClientKeyFile)
        if (clientCertificateFile == nil) != (clientKeyFile == nil) {
            let missing = clientKeyFile == nil ? ConfigurationKey.vaultClientKeyFile : .vaultClientCertificateFile
            reading.problem(missing, "is required: client certificate and key go together")
        }
        // A namespace is written like a mount.
        namespace = reading.checked(.vaultNamespace, VaultName.violation(inMount:))
        let authMethod = Self.authMethod(&reading)
        let authMount = reading.checked(.vaultAuthMount, VaultName.violation(inAuthMount:))
        let authAudience = reading.text(.vaultAuthAudience)
        let authRole = reading.checked(.vaultAuthRole, VaultName.violation(inReference:))
        tokenFile = reading.text(.vaultAuthTokenFile) ?? Self.serviceAccountTokenFile
        if authMethod == .token, reading.text(.vaultAuthTokenFile) == nil {
            reading.problem(.vaultAuthTokenFile, "is required with vault.auth.method token: a file with a Vault token")
        }
        mounts = MountNames(reading: &reading)
        maxConcurrentRequests = reading.number(.vaultMaxConcurrentRequests, in: 1...1_024)
        guard let address, let authMethod, let authRole, let authAudience else { return nil }
        self.address = address
        self.authMethod = authMethod
        self.authMount = authMount ?? (authMethod == .jwtSVID ? "jwt" : "kubernetes")
        self.authAudience = authAudience
        self.authRole = authRole
    }

    /// Names that no binding may take for a role or policy: the operator's own, in lower case as Vault keeps them.
    var reservedNames: Set<String> { [authRole.lowercased()] }

    private static func authMethod(_ reading: inout ConfigurationReading) -> AuthMethod? {
        reading.value(.vaultAuthMethod, "must be kubernetes, jwtSVID or token", AuthMethod.init(rawValue:))
    }

    private static func address(_ text: String) -> String? {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https",
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            parts.path.isEmpty || parts.path == "/", (parts.port ?? 1) > 0, (parts.port ?? 1) <= 65_535
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}

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

extension MountNames {
    /// Reads the section; a wrong mount is a problem and stays at its customary name.
    fileprivate init(reading: inout ConfigurationReading) {
        self.init()
        let auth: [(ConfigurationKey, WritableKeyPath<MountNames, String>)] = [
            (.mountKubernetesAuth, \.kubernetesAuth), (.mountJWTAuth, \.jwtAuth),
        ]
        for (key, path) in auth {
            if let mount = reading.checked(key, VaultName.violation(inAuthMount:)) { self[keyPath: path] = mount }
        }
        let engines: [(ConfigurationKey, WritableKeyPath<MountNames, String>)] = [
            (.mountKV, \.kv), (.mountDatabase, \.database), (.mountPKI, \.pki), (.mountTransit, \.transit),
        ]
        for (key, path) in engines {
            if let mount = reading.checked(key, VaultName.violation(inMount:)) { self[keyPath: path] = mount }
        }
    }
}

extension ConfigurationReading {
    /// A text that a rule finds nothing wrong with; a problem if it does.
    fileprivate mutating func checked(_ key: ConfigurationKey, _ violation: (String) -> String?) -> String? {
        guard let text = text(key) else { return nil }
        guard let violation = violation(text) else { return text }
        problem(key, violation)
        return nil
    }
}
