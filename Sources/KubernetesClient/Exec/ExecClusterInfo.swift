import FoundationEssentials
import KubernetesModel

/// What a plugin is told about the cluster (`spec.cluster` of an `ExecCredential`).
struct ExecClusterInfo: Sendable {
    private let configuration: ClusterConfiguration
    private let files: FileReader

    init(_ configuration: ClusterConfiguration, files: FileReader) {
        self.configuration = configuration
        self.files = files
    }

    /// The cluster of now: a CA bundle in a file may have changed.
    func json(extension text: Secret?) -> JSONValue {
        var cluster: JSONValue = ["server": .string(configuration.server)]
        if let name = configuration.tlsServerName { cluster["tls-server-name"] = .string(name) }
        if configuration.skipsTLSVerification { cluster["insecure-skip-tls-verify"] = true }
        if let bundle { cluster["certificate-authority-data"] = .string(bundle.base64EncodedString()) }
        if let proxy = configuration.proxyURL { cluster["proxy-url"] = .string(proxy) }
        if let text, let config = try? JSONValue(parsing: Data(text.revealed.utf8)) { cluster["config"] = config }
        return cluster
    }

    private var bundle: Data? {
        switch configuration.certificateAuthority {
        case nil: nil
        case .inline(let text): Data(text.revealed.utf8)
        case .file(let path): try? files.read(path)
        }
    }
}
