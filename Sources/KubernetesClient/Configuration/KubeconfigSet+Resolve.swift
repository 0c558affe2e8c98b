import FoundationEssentials

extension KubeconfigSet {
    /// The cluster, the user and the namespace of a context. Everything that it names is looked at, so that a fault is
    /// known now, with its place.
    ///
    /// - Parameters:
    ///   - context: nil for the current one.
    ///   - origin: the files, for errors that belong to none of them.
    /// - Throws: `ConfigurationError`.
    func resolve(context: String?, origin: String, files: FileReader) throws -> ClusterConfiguration {
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
            cluster, ConfigurationError.Place(cluster.file, context: name, "cluster", clusterName), files)
        configuration.namespace = context.value.namespace.nonEmpty
        if let userName = context.value.user.nonEmpty {
            guard let user = users[userName] else {
                throw ConfigurationError(
                    file: context.file, entry: contextEntry, field: "user", problem: "names no user that exists")
            }
            let place = ConfigurationError.Place(user.file, context: name, "user", userName)
            let reader = KubeconfigUserReader(
                user: user.value, place: place, extensions: cluster.value.extensions ?? [])
            configuration.credentials = try reader.credentials()
            try Self.check(configuration, place, files)
        }
        return configuration
    }

    private static func configuration(
        _ entry: Entry<Kubeconfig.Cluster>, _ place: ConfigurationError.Place, _ files: FileReader
    ) throws -> ClusterConfiguration {
        let cluster = entry.value
        guard var server = cluster.server.nonEmpty else { throw place.error("server", "is missing") }
        while server.hasSuffix("/") { server.removeLast() }
        let authority = try place.pem(
            file: cluster.certificateAuthority, data: cluster.certificateAuthorityData, "certificate-authority")
        let skipsVerification = cluster.insecureSkipTLSVerify ?? false
        guard authority == nil || !skipsVerification else {
            throw place.error("insecure-skip-tls-verify", "contradicts certificate-authority")
        }
        let configuration = ClusterConfiguration(
            server: server, certificateAuthority: authority, tlsServerName: cluster.tlsServerName.nonEmpty,
            skipsTLSVerification: skipsVerification, proxyURL: cluster.proxyURL.nonEmpty)
        try place.naming {
            _ = try ServerAddress(configuration)
            if let proxy = configuration.proxyURL { _ = try ProxyAddress(proxy, field: "proxy-url") }
            if let authority { _ = try TLSSource(configuration, files: files).authority(authority) }
        }
        return configuration
    }

    /// Looks at the files and PEM blocks of a user.
    private static func check(
        _ configuration: ClusterConfiguration, _ place: ConfigurationError.Place, _ files: FileReader
    ) throws {
        try place.naming {
            if let certificate = configuration.credentials.clientCertificate {
                _ = try TLSSource(configuration, files: files).identity(certificate)
            }
            if case .tokenFile(let path)? = configuration.credentials.authorization {
                _ = try TokenFile.read(path, files)
            }
        }
    }
}
