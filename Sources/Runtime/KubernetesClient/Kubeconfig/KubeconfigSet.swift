import FoundationEssentials
import Yams

/// Several kubeconfig files as one: for every name the first file that has it wins, whole.
struct KubeconfigSet {
    /// An entry and the file that it comes from.
    struct Entry<Value> {
        let file: String
        let value: Value
    }

    private(set) var currentContext: String?
    private(set) var clusters: [String: Entry<Kubeconfig.Cluster>] = [:]
    private(set) var contexts: [String: Entry<Kubeconfig.Context>] = [:]
    private(set) var users: [String: Entry<Kubeconfig.User>] = [:]

    /// Whether no file was there.
    private(set) var isEmpty = true

    /// Reads the files that exist, in order.
    ///
    /// - Throws: `ConfigurationError` for a file that cannot be read or is no kubeconfig.
    init(paths: [String], files: FileReader) throws {
        for path in paths {
            guard let content = try Self.content(path, files) else { continue }
            isEmpty = false
            try merge(Self.parse(content, path), from: path)
        }
    }

    private static func content(_ path: String, _ files: FileReader) throws -> Data? {
        do {
            return try files.read(path)
        } catch {
            throw ConfigurationError(file: path, problem: "the file cannot be read")
        }
    }

    private static func parse(_ content: Data, _ path: String) throws -> Kubeconfig {
        do {
            return try HostileYAML.decode(Kubeconfig.self, from: content)
        } catch let error as HostileYAML.Refused {
            throw ConfigurationError(file: path, problem: error.problem)
        } catch let error as DecodingError {
            if case .dataCorrupted(let context) = error, let syntax = context.underlyingError as? YamlError {
                throw ConfigurationError(file: path, problem: Self.problem(syntax))
            }
            throw ConfigurationError(file: path, field: Self.field(error), problem: "missing, or of the wrong type")
        } catch let error as YamlError {
            throw ConfigurationError(file: path, problem: Self.problem(error))
        }
    }

    /// The place of a syntax error; the text itself may hold secrets and is not repeated.
    private static func problem(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
            "not YAML, line \(mark.line)"
        default:
            "not YAML"
        }
    }

    private static func field(_ error: DecodingError) -> String? {
        let keys =
            switch error {
            case .keyNotFound(let key, let context): context.codingPath + [key]
            case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
                context.codingPath
            @unknown default: [any CodingKey]()
            }
        let path = keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        return path.isEmpty ? nil : path.joined(separator: ".")
    }

    private mutating func merge(_ config: Kubeconfig, from path: String) throws {
        if currentContext?.isEmpty != false { currentContext = config.currentContext }
        let clusterList = (config.clusters ?? []).map { ($0.name, $0.cluster ?? Kubeconfig.Cluster()) }
        let contextList = (config.contexts ?? []).map { ($0.name, $0.context ?? Kubeconfig.Context()) }
        let userList = (config.users ?? []).map { ($0.name, $0.user ?? Kubeconfig.User()) }
        try Self.merge(clusterList, into: &clusters, path, "cluster")
        try Self.merge(contextList, into: &contexts, path, "context")
        try Self.merge(userList, into: &users, path, "user")
    }

    private static func merge<Value>(
        _ list: [(String, Value)], into entries: inout [String: Entry<Value>], _ path: String, _ kind: String
    ) throws {
        var seen: Set<String> = []
        for (name, value) in list {
            guard seen.insert(name).inserted else {
                throw ConfigurationError(file: path, entry: "\(kind) \"\(name)\"", problem: "is there twice")
            }
            if entries[name] == nil { entries[name] = Entry(file: path, value: value) }
        }
    }
}

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
