import FoundationEssentials

/// A proxy between the client and the API server.
struct ProxyAddress: Equatable {
    let kind: Kind
    let host: String
    let port: Int
    /// Name and password for an HTTP proxy.
    let credentials: Credentials?

    enum Kind: Equatable {
        /// HTTP `CONNECT`.
        case http
        case socks5
    }

    struct Credentials: Equatable {
        let username: String
        let password: Secret
    }

    /// Reads a URL; without a scheme it is an HTTP proxy.
    ///
    /// - Parameter field: where the URL comes from, for errors. They never repeat it, since it may hold a password.
    /// - Throws: `ConfigurationError`.
    init(_ text: String, field: String) throws {
        func error(_ problem: String) -> ConfigurationError { ConfigurationError(field: field, problem: problem) }
        guard let url = URLComponents(string: text.contains("://") ? text : "http://\(text)"),
            let host = url.host, !host.isEmpty
        else { throw error("is no URL with a host") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        if let port = url.port, !(1...65_535).contains(port) { throw error("has a port that does not exist") }
        credentials = url.user.flatMap {
            $0.isEmpty ? nil : Credentials(username: $0, password: Secret(url.password ?? ""))
        }
        switch url.scheme?.lowercased() {
        case "http":
            kind = .http
            port = url.port ?? 80
        case "socks5", "socks5h":
            guard credentials == nil else { throw error("has a user name, which is not supported for SOCKS proxies") }
            kind = .socks5
            port = url.port ?? 1080
        case "https":
            throw error("is a proxy that is spoken to with TLS, which is not supported; use http:// or socks5://")
        default:
            throw error("must begin with http:// or socks5://")
        }
    }

    /// The proxy for an API server: the one of the kubeconfig, else the one of the environment. The environment's list of
    /// exceptions does not count for the former, which is meant for this very server.
    ///
    /// - Parameter variable: reads the environment; capitals come before small letters.
    /// - Throws: `ConfigurationError` for a proxy that cannot be used.
    static func select(
        for configuration: ClusterConfiguration, variable: (String) -> String?
    ) throws -> ProxyAddress? {
        if let url = configuration.proxyURL { return try ProxyAddress(url, field: "proxy-url") }
        guard let server = URLComponents(string: configuration.server), let host = server.host else { return nil }
        func first(_ name: String) -> (name: String, value: String)? {
            for name in [name, name.lowercased()] {
                if let value = variable(name).nonEmpty { return (name, value) }
            }
            return nil
        }
        let isTLS = server.scheme?.lowercased() == "https"
        guard let proxy = first(isTLS ? "HTTPS_PROXY" : "HTTP_PROXY") else { return nil }
        let exceptions = NoProxy(first("NO_PROXY")?.value ?? "")
        if exceptions.contains(host: host, port: server.port ?? (isTLS ? 443 : 80)) { return nil }
        return try ProxyAddress(proxy.value, field: proxy.name)
    }
}
