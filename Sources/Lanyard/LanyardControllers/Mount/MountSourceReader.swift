package import KubernetesClient
import KubernetesModel
import LanyardCore
package import SPIREClient

/// Reads what VaultMounts refer to: Secrets of the operator's own namespace, one by one, and SPIRE's bundle.
package struct MountSourceReader: Sendable {
    private let api: any KubernetesAPI
    private let registry: any EntryRegistry
    private let namespace: String

    /// Reads from both servers.
    ///
    /// - Parameter namespace: the operator's own: where the Secrets are.
    package init(api: any KubernetesAPI, registry: any EntryRegistry, namespace: String) {
        self.api = api
        self.registry = registry
        self.namespace = namespace
    }

    /// Secrets by name; nil for one that does not exist.
    typealias Secrets = [String: Result<Secret?, KubernetesError>]

    /// Reads Secrets, each once.
    ///
    /// - Throws: `CancellationError`.
    func secrets(_ names: Set<String>) async throws -> Secrets {
        var secrets: Secrets = [:]
        for name in names.sorted() {
            do {
                let key = ObjectKey(namespace: namespace, name: name)
                secrets[name] = .success(try await api.get(Secret.self, key))
            } catch let error as KubernetesError {
                secrets[name] = .failure(error)
            }
        }
        return secrets
    }

    /// Reads the keys that sign JWT-SVIDs. Those that are about to be revoked count until they are.
    ///
    /// - Throws: `SPIREError`.
    func trustKeys() async throws(SPIREError) -> [TrustKey] {
        try await registry.bundle().jwtKeys.map { TrustKey(keyID: $0.keyID, publicKey: $0.publicKey) }
    }
}

extension MountSources {
    /// The state of sources that were read; nil when one could not be read, which is no state.
    init?(secrets: MountSourceReader.Secrets, trustKeys: [TrustKey]?) {
        for (name, result) in secrets {
            guard let secret = try? result.get() else {
                guard case .success = result else { return nil }
                self.secrets[name] = .some(nil)
                continue
            }
            self.secrets[name] = "\(secret.metadata.uid ?? "") \(secret.metadata.resourceVersion?.text ?? "")"
        }
        self.trustKeys = trustKeys?.map(\.publicKey)
    }
}
