import FoundationEssentials
public import KubernetesModel

extension ClusterConfiguration {
    /// Finds the API server: an explicit kubeconfig, else `KUBECONFIG` (a list of files, of which the first that has an
    /// entry wins), else the cluster that this process runs in, else `~/.kube/config`.
    ///
    /// - Parameters:
    ///   - kubeconfig: the file that the user named; it must exist then.
    ///   - context: nil for the current context; only for kubeconfig files.
    /// - Throws: `ConfigurationError`.
    public static func load(
        kubeconfig: String? = nil, context: String? = nil, environment: Environment, files: FileReader = .system
    ) throws -> ClusterConfiguration {
        try ClusterConfigurationLoader(environment: environment, files: files)
            .load(kubeconfig: kubeconfig, context: context)
    }
}

/// The search for a configuration.
private struct ClusterConfigurationLoader {
    let environment: Environment
    let files: FileReader

    /// Where the kubelet mounts a pod's own service account.
    private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

    func load(kubeconfig: String?, context: String?) throws -> ClusterConfiguration {
        if let kubeconfig, !kubeconfig.isEmpty {
            return try load(paths: [kubeconfig], context: context)
        }
        if let list = variable("KUBECONFIG") {
            return try load(paths: list.split(separator: ":").map(String.init), context: context)
        }
        if context == nil, let configuration = try inCluster() { return configuration }
        guard let home = variable("HOME") else {
            throw ConfigurationError(
                problem: "no --kubeconfig, no KUBECONFIG, not in a cluster, and no HOME with .kube/config")
        }
        return try load(paths: ["\(home)/.kube/config"], context: context)
    }

    private func load(paths: [String], context: String?) throws -> ClusterConfiguration {
        let origin = paths.joined(separator: ":")
        let set = try KubeconfigSet(paths: paths, files: files)
        guard !set.isEmpty else { throw ConfigurationError(file: origin, problem: "the file does not exist") }
        return try set.resolve(context: context, origin: origin, files: files)
    }

    /// The cluster of this pod; nil outside of one, or when the pod has no token.
    private func inCluster() throws -> ClusterConfiguration? {
        guard let host = variable("KUBERNETES_SERVICE_HOST"), let port = variable("KUBERNETES_SERVICE_PORT"),
            try content("token") != nil
        else { return nil }
        let authority = try content("ca.crt")
        let namespace = try content("namespace").map { String(decoding: $0, as: UTF8.self) }
        let isIPv6 = host.contains(":") && !host.hasPrefix("[")
        return ClusterConfiguration(
            server: "https://\(isIPv6 ? "[\(host)]" : host):\(port)",
            certificateAuthority: authority.map { _ in .file(path: "\(Self.serviceAccount)/ca.crt") },
            namespace: namespace?.split(whereSeparator: \.isWhitespace).first.map(String.init),
            credentials: ClusterCredentials(authorization: .tokenFile(path: "\(Self.serviceAccount)/token")))
    }

    private func content(_ name: String) throws -> Data? {
        let path = "\(Self.serviceAccount)/\(name)"
        do {
            return try files.read(path)
        } catch {
            throw ConfigurationError(file: path, problem: "the file cannot be read")
        }
    }

    private func variable(_ name: String) -> String? {
        environment.variable(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
