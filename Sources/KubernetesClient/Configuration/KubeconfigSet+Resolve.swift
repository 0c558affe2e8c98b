import FoundationEssentials

extension KubeconfigSet {
    /// The cluster, the user and the namespace of a context.
    ///
    /// - Parameters:
    ///   - context: nil for the current one.
    ///   - origin: the files, for errors that belong to none of them.
    /// - Throws: `ConfigurationError`.
    func resolve(context: String?, origin: String) throws -> ClusterConfiguration {
        guard let name = context ?? currentContext, !name.isEmpty else {
            throw ConfigurationError(file: origin, field: "current-context", problem: "no context is chosen")
        }
        let contextEntry = "context \"\(name)\""
        guard let context = contexts[name] else {
            throw ConfigurationError(file: origin, entry: contextEntry, problem: "does not exist")
        }
        guard let clusterName = context.value.cluster, let cluster = clusters[clusterName] else {
            throw ConfigurationError(
                file: context.file, entry: contextEntry, field: "cluster", problem: "names no cluster that exists")
        }
        var configuration = try Self.configuration(
            cluster, ConfigurationError.Place(cluster.file, "cluster", clusterName))
        configuration.namespace = context.value.namespace.nonEmpty
        if let userName = context.value.user.nonEmpty {
            guard let user = users[userName] else {
                throw ConfigurationError(
                    file: context.file, entry: contextEntry, field: "user", problem: "names no user that exists")
            }
            configuration.credentials = try Self.credentials(
                user, ConfigurationError.Place(user.file, "user", userName))
        }
        return configuration
    }

    private static func configuration(
        _ entry: Entry<Kubeconfig.Cluster>, _ place: ConfigurationError.Place
    ) throws -> ClusterConfiguration {
        let cluster = entry.value
        guard var server = cluster.server.nonEmpty else { throw place.error("server", "is missing") }
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw place.error("server", "is no http or https URL")
        }
        while server.hasSuffix("/") { server.removeLast() }
        let authority = try pem(
            file: cluster.certificateAuthority, data: cluster.certificateAuthorityData, "certificate-authority", place)
        let skipsVerification = cluster.insecureSkipTLSVerify ?? false
        guard authority == nil || !skipsVerification else {
            throw place.error("insecure-skip-tls-verify", "contradicts certificate-authority")
        }
        return ClusterConfiguration(
            server: server, certificateAuthority: authority, tlsServerName: cluster.tlsServerName.nonEmpty,
            skipsTLSVerification: skipsVerification, proxyURL: cluster.proxyURL.nonEmpty)
    }

    private static func credentials(
        _ entry: Entry<Kubeconfig.User>, _ place: ConfigurationError.Place
    ) throws -> ClusterCredentials {
        let user = entry.value
        let advice = "use a token, a tokenFile or a client certificate"
        if user.exec != nil { throw place.error("exec", "exec plugins are not supported; \(advice)") }
        if user.authProvider != nil { throw place.error("auth-provider", "was removed from Kubernetes; \(advice)") }
        var credentials = ClusterCredentials()
        if let path = user.tokenFile.nonEmpty {
            credentials.authorization = .tokenFile(path: place.absolute(path))
        } else if let token = user.token.nonEmpty {
            credentials.authorization = .token(Secret(token))
        }
        if let username = user.username.nonEmpty {
            guard credentials.authorization == nil else { throw place.error("username", "contradicts the token") }
            credentials.authorization = .basic(username: username, password: Secret(user.password ?? ""))
        }
        let chain = try pem(
            file: user.clientCertificate, data: user.clientCertificateData, "client-certificate", place)
        let key = try pem(file: user.clientKey, data: user.clientKeyData, "client-key", place)
        switch (chain, key) {
        case (nil, nil): break
        case (let chain?, let key?): credentials.clientCertificate = .init(chain: chain, key: key)
        case (nil, _): throw place.error("client-certificate", "is missing for the client-key")
        case (_, nil): throw place.error("client-key", "is missing for the client-certificate")
        }
        return credentials
    }

    /// The data if there is any, else the file.
    private static func pem(
        file: String?, data: String?, _ field: String, _ place: ConfigurationError.Place
    ) throws -> PEMSource? {
        if let data = data.nonEmpty {
            guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !decoded.isEmpty else {
                throw place.error("\(field)-data", "is not base64")
            }
            return .inline(Secret(String(decoding: decoded, as: UTF8.self)))
        }
        return file.nonEmpty.map { .file(path: place.absolute($0)) }
    }
}

extension ConfigurationError {
    /// Where in the files a value comes from.
    struct Place {
        private let file: String
        private let entry: String

        /// Names an entry of a file.
        init(_ file: String, _ kind: String, _ name: String) {
            self.file = file
            entry = "\(kind) \"\(name)\""
        }

        /// A fault in a field of the entry.
        func error(_ field: String, _ problem: String) -> ConfigurationError {
            ConfigurationError(file: file, entry: entry, field: field, problem: problem)
        }

        /// A path as it is meant: relative to the folder of the file that it is written in.
        func absolute(_ path: String) -> String {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return file[...slash] + path
        }
    }
}

extension String? {
    /// Nil for the empty string, which kubeconfig files use for "not set".
    fileprivate var nonEmpty: String? {
        self?.isEmpty == false ? self : nil
    }
}
