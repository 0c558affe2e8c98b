import FoundationEssentials

/// The URL prefix of all requests. When the server's certificate has another name than its URL, the prefix carries that
/// name, and the resolution leads it to the real host.
struct ServerAddress: Equatable {
    /// Scheme, host, port and base path, without a slash at the end.
    let prefix: String
    /// Names that are not looked up, with the hosts to connect to.
    let resolution: [String: String]
    /// Host and port, for metrics.
    let authority: String
    /// Whether connections are encrypted.
    let usesTLS: Bool

    /// Reads the address of a cluster.
    ///
    /// - Throws: `ConfigurationError` when the server is no http or https URL.
    init(_ configuration: ClusterConfiguration) throws {
        var server = configuration.server
        while server.hasSuffix("/") { server.removeLast() }
        guard let url = URLComponents(string: server), let scheme = url.scheme, ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else { throw ConfigurationError(field: "server", problem: "is no http or https URL") }
        guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
            throw ConfigurationError(field: "server", problem: "has more than scheme, host, port and path")
        }
        if let port = url.port, !(1...65_535).contains(port) {
            throw ConfigurationError(field: "server", problem: "has a port that does not exist")
        }
        usesTLS = scheme == "https"
        authority = "\(host):\(url.port ?? (usesTLS ? 443 : 80))"
        guard let name = configuration.tlsServerName, usesTLS else {
            prefix = server
            resolution = [:]
            return
        }
        let port = url.port.map { ":\($0)" } ?? ""
        prefix = "\(scheme)://\(name)\(port)\(url.percentEncodedPath)"
        resolution = [name: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host]
    }

    /// The URL of a request.
    func url(_ request: APIRequest) -> String {
        var url = prefix + request.path
        for (index, item) in request.query.enumerated() {
            url += index == 0 ? "?" : "&"
            url += "\(PercentEncoding.encode(item.name))=\(PercentEncoding.encode(item.value))"
        }
        return url
    }
}
