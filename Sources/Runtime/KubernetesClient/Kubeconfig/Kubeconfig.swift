import KubernetesModel

/// A kubeconfig file as it is written. Unknown keys are ignored, and every list may be absent or null.
struct Kubeconfig: Decodable {
    var currentContext: String?
    var clusters: [NamedCluster]?
    var contexts: [NamedContext]?
    var users: [NamedUser]?

    private enum CodingKeys: String, CodingKey {
        case currentContext = "current-context"
        case clusters
        case contexts
        case users
    }

    struct NamedCluster: Decodable {
        var name: String
        var cluster: Cluster?
    }

    struct NamedContext: Decodable {
        var name: String
        var context: Context?
    }

    struct NamedUser: Decodable {
        var name: String
        var user: User?
    }

    struct Cluster: Decodable {
        var server: String?
        var certificateAuthority: String?
        var certificateAuthorityData: String?
        var insecureSkipTLSVerify: Bool?
        var tlsServerName: String?
        var proxyURL: String?
        var extensions: [NamedExtension]?

        private enum CodingKeys: String, CodingKey {
            case server
            case certificateAuthority = "certificate-authority"
            case certificateAuthorityData = "certificate-authority-data"
            case insecureSkipTLSVerify = "insecure-skip-tls-verify"
            case tlsServerName = "tls-server-name"
            case proxyURL = "proxy-url"
            case extensions
        }
    }

    struct Context: Decodable {
        var cluster: String?
        var user: String?
        var namespace: String?
    }
}

extension Kubeconfig {
    /// As whom to log in.
    struct User: Decodable {
        var clientCertificate: String?
        var clientCertificateData: String?
        var clientKey: String?
        var clientKeyData: String?
        var token: String?
        var tokenFile: String?
        var username: String?
        var password: String?
        var asUser: String?
        var asUID: String?
        var asGroups: [String]?
        var asExtra: [String: [String]]?
        var exec: Exec?
        var authProvider: AuthProvider?

        private enum CodingKeys: String, CodingKey {
            case clientCertificate = "client-certificate"
            case clientCertificateData = "client-certificate-data"
            case clientKey = "client-key"
            case clientKeyData = "client-key-data"
            case token
            case tokenFile
            case username
            case password
            case asUser = "as"
            case asUID = "as-uid"
            case asGroups = "as-groups"
            case asExtra = "as-user-extra"
            case exec
            case authProvider = "auth-provider"
        }
    }

    /// A credential plugin.
    struct Exec: Decodable {
        var apiVersion: String?
        var command: String?
        var args: [String]?
        var env: [Variable]?
        var installHint: String?
        var provideClusterInfo: Bool?
        var interactiveMode: String?

        struct Variable: Decodable {
            var name: String
            var value: String?
        }
    }

    /// What Kubernetes had before credential plugins; only its name matters.
    struct AuthProvider: Decodable {
        var name: String?
    }

    /// Data of some tool, which may have any shape.
    struct NamedExtension: Decodable {
        var name: String?
        var value: JSONValue?

        private enum CodingKeys: String, CodingKey {
            case name
            case value = "extension"
        }

        init(from decoder: any Decoder) throws {
            // What it looks like is the tool's own affair and no fault of the file.
            let container = try? decoder.container(keyedBy: CodingKeys.self)
            name = try? container?.decode(String.self, forKey: .name)
            value = (try? container?.decode(ExtensionValue.self, forKey: .value))?.json
        }
    }

    /// A YAML tree as JSON: a scalar without quotes is a number or a Boolean if it looks like one.
    private struct ExtensionValue: Decodable {
        let json: JSONValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                json = .null
            } else if let value = try? container.decode([String: ExtensionValue].self) {
                json = .object(value.mapValues(\.json))
            } else if let value = try? container.decode([ExtensionValue].self) {
                json = .array(value.map(\.json))
            } else if let value = try? container.decode(Bool.self) {
                json = .bool(value)
            } else if let value = try? container.decode(Int64.self) {
                json = .integer(value)
            } else if let value = try? container.decode(Double.self) {
                json = .number(value)
            } else {
                json = .string(try container.decode(String.self))
            }
        }
    }
}
