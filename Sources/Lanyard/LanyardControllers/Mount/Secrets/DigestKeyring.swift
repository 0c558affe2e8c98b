import Crypto
import FoundationEssentials
package import KubernetesClient
package import KubernetesModel
import Synchronization
import VaultClient

/// Makes digests of secrets that tell whether one has changed and nothing else: HMAC-SHA256 with a random key, so that
/// who may read the ledger cannot try passwords against it.
///
/// The key is in a Secret that the manifests bring along empty; the leader fills it once. A digest names its key, so that
/// a key that was lost does not look like a change of every secret.
package final class DigestKeyring: Sendable {
    /// The Secret with the key, and the key's name in it.
    package static let secretName = "lanyard-digest-key"
    static let keyName = "key"
    private static let keyLength = 32

    private let api: any KubernetesAPI
    private let namespace: String
    private let random: any RandomSource
    private let mayWrite: @Sendable () -> Bool
    private let known = Mutex<SymmetricKey?>(nil)

    /// Reads the key when it is first needed.
    ///
    /// - Parameter mayWrite: whether this process leads.
    package init(
        api: any KubernetesAPI, namespace: String, random: any RandomSource, mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.api = api
        self.namespace = namespace
        self.random = random
        self.mayWrite = mayWrite
    }

    /// Makes a digest, `KEYID:HEX`.
    ///
    /// - Throws: `KubernetesError`, `VaultError` with code `fenced`, when there is no key yet and none can be made.
    package func digest(of value: SecretValue) async throws -> String {
        let key = try await key()
        let code = HMAC<SHA256>.authenticationCode(for: value.exposed, using: key)
        return "\(Self.name(of: key)):\(Self.hex(code))"
    }

    private func key() async throws -> SymmetricKey {
        if let key = known.withLock({ $0 }) { return key }
        let key = try await storedKey()
        known.withLock { $0 = key }
        return key
    }

    private func storedKey() async throws -> SymmetricKey {
        let location = ObjectKey(namespace: namespace, name: Self.secretName)
        guard let secret = try await api.get(Secret.self, location) else {
            throw KubernetesError(.notFound, "there is no Secret \(location); the operator's manifests have it")
        }
        if let value = secret.data?[Self.keyName], value.exposed.count >= Self.keyLength {
            return SymmetricKey(data: value.exposed)
        }
        guard mayWrite() else { throw VaultError(.fenced, "this process does not lead") }
        let value = SecretValue(makeKey())
        var patch: JSONValue = ["data": [Self.keyName: try JSONValue(encoding: value)]]
        // A key that somebody else stored meanwhile stays.
        if let version = secret.metadata.resourceVersion {
            patch["metadata"] = ["resourceVersion": .string(version.text)]
        }
        _ = try await api.mergePatch(Secret.self, location, patch)
        return SymmetricKey(data: value.exposed)
    }

    private func makeKey() -> Data {
        var bytes = Data()
        while bytes.count < Self.keyLength {
            withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// What a key is called: says nothing of the key.
    private static func name(of key: SymmetricKey) -> String {
        String(hex(HMAC<SHA256>.authenticationCode(for: Data("name of the key".utf8), using: key)).prefix(8))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
