import FoundationEssentials
import KubernetesModel

/// Turns the user of a kubeconfig into credentials.
struct KubeconfigUserReader {
    let user: Kubeconfig.User
    let place: ConfigurationError.Place
    /// The extensions of the cluster, one of which may be meant for the plugin.
    let extensions: [Kubeconfig.NamedExtension]

    /// The credentials.
    ///
    /// - Throws: `ConfigurationError`.
    func credentials() throws -> ClusterCredentials {
        if let provider = user.authProvider {
            throw place.error(
                "auth-provider",
                "\(provider.name.map { "\"\($0)\"" } ?? "it") was removed from Kubernetes; "
                    + "use an exec plugin, a tokenFile or a client certificate")
        }
        return ClusterCredentials(
            authorization: try authorization(), clientCertificate: try certificate(),
            impersonation: try impersonation())
    }

    private func authorization() throws -> ClusterCredentials.Authorization? {
        var found: [(field: String, authorization: ClusterCredentials.Authorization)] = []
        if let path = user.tokenFile.nonEmpty {
            found.append(("tokenFile", .tokenFile(path: place.absolute(path))))
        } else if let token = user.token.nonEmpty {
            found.append(("token", .token(Secret(token))))
        }
        if let username = user.username.nonEmpty {
            found.append(("username", .basic(username: username, password: Secret(user.password ?? ""))))
        }
        if let plugin = try user.exec.map(plugin) { found.append(("exec", .plugin(plugin))) }
        if found.count > 1, let first = found.first, let last = found.last {
            throw place.error(last.field, "contradicts \(first.field)")
        }
        return found.first?.authorization
    }

    private func certificate() throws -> ClusterCredentials.ClientCertificate? {
        let chain = try place.pem(
            file: user.clientCertificate, data: user.clientCertificateData, "client-certificate")
        let key = try place.pem(file: user.clientKey, data: user.clientKeyData, "client-key")
        switch (chain, key) {
        case (nil, nil): return nil
        case (let chain?, let key?): return .init(chain: chain, key: key)
        case (nil, _): throw place.error("client-certificate", "is missing for the client-key")
        case (_, nil): throw place.error("client-key", "is missing for the client-certificate")
        }
    }

    private func impersonation() throws -> Impersonation? {
        guard let name = user.asUser.nonEmpty else {
            let isAlone =
                user.asUID.nonEmpty == nil && user.asGroups?.isEmpty != false && user.asExtra?.isEmpty != false
            guard isAlone else { throw place.error("as", "is missing for as-uid, as-groups or as-user-extra") }
            return nil
        }
        return Impersonation(
            user: name, uid: user.asUID.nonEmpty, groups: user.asGroups ?? [], extra: user.asExtra ?? [:])
    }

    private func plugin(_ exec: Kubeconfig.Exec) throws -> ExecPlugin {
        guard let version = ExecPlugin.Version(rawValue: exec.apiVersion ?? "") else {
            throw place.error(
                "exec.apiVersion", "must be \(ExecPlugin.Version.v1.rawValue) or \(ExecPlugin.Version.v1beta1.rawValue)"
            )
        }
        guard let command = exec.command.nonEmpty else { throw place.error("exec.command", "is missing") }
        switch (exec.interactiveMode.nonEmpty, version) {
        case ("Never", _), ("IfAvailable", _), (nil, .v1beta1): break
        case ("Always", _):
            throw place.error("exec.interactiveMode", "is Always, but nobody is there to answer the plugin's questions")
        case (nil, .v1): throw place.error("exec.interactiveMode", "is missing, which v1 does not allow")
        default: throw place.error("exec.interactiveMode", "must be Never, IfAvailable or Always")
        }
        let config = extensions.first { $0.name == "client.authentication.k8s.io/exec" }?.value
        return ExecPlugin(
            version: version,
            // A bare name is looked for in PATH; everything else is relative to the file.
            command: command.contains("/") ? place.absolute(command) : command, arguments: exec.args ?? [],
            variables: Dictionary(
                (exec.env ?? []).map { ($0.name, Secret($0.value ?? "")) }, uniquingKeysWith: { _, last in last }),
            installHint: exec.installHint.nonEmpty, providesClusterInfo: exec.provideClusterInfo ?? false,
            // What JSON cannot express (`.inf`) is no data for a plugin.
            clusterExtension: config.flatMap { try? JSON.encode($0) }.map {
                Secret(String(decoding: $0, as: UTF8.self))
            })
    }
}
