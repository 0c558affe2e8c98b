import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardControllers
import Synchronization
import Testing
import VaultClient

@Suite("Secrets of the operator's namespace")
struct SecretTests {
    private static let namespace = "lanyard-system"
    private let environment = Environment.simulated(seed: 1, clock: VirtualClock())
    private let api: InMemoryAPIServer

    init() {
        api = InMemoryAPIServer(environment: environment, resources: [Secret.descriptor])
    }

    private func keyring(mayWrite: Bool = true, seed: UInt64 = 7) -> DigestKeyring {
        DigestKeyring(
            api: api, namespace: Self.namespace, random: SeededRandomSource(seed: seed), mayWrite: { mayWrite })
    }

    private func ship() async throws {
        let metadata = ObjectMeta(name: DigestKeyring.secretName, namespace: Self.namespace)
        _ = try await api.create(Secret(metadata: metadata))
    }

    private func value(_ text: String) -> SecretValue { SecretValue(Data(text.utf8)) }

    @Test("a value shows neither in descriptions nor to reflection")
    func redacted() throws {
        let secret = Secret(
            metadata: ObjectMeta(name: "db", namespace: Self.namespace), data: ["password": value("hunter2")])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(secret.data ?? [:])", dumped] {
            #expect(text.contains("[secret]"))
            #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
        }
        let error = #expect(throws: DecodingError.self) {
            try JSON.decode(Secret.self, from: Data(#"{"metadata":{"name":"a"},"data":{"k":"hunter2!"}}"#.utf8))
        }
        #expect(!"\(error.map { "\($0)" } ?? "")".contains("hunter2"))
    }

    @Test("a value survives the way to the API server and back")
    func stored() async throws {
        let metadata = ObjectMeta(name: "db", namespace: Self.namespace)
        _ = try await api.create(Secret(metadata: metadata, data: ["password": value("hunter2\n")]))
        let read = try await api.get(Secret.self, metadata.key)
        #expect(read?.data?["password"] == value("hunter2\n"))
    }

    @Test("equal values have one digest, others have others, and a new process makes the same ones")
    func digests() async throws {
        try await ship()
        let first = try await keyring().digest(of: value("a"))
        #expect(try await keyring(seed: 8).digest(of: value("a")) == first)
        let other = try await keyring(seed: 9).digest(of: value("b"))
        #expect(other != first)
        let parts = first.split(separator: ":")
        #expect(parts.map(\.count) == [8, 64])
        // The name of the key is that of the same key.
        #expect(other.hasPrefix("\(parts[0]):"))
        // Without the key the digest of a guess is another one.
        #expect(!first.contains("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"))
    }

    @Test("the key is stored once, is long enough, and is named differently when it was lost and made anew")
    func keyIsMadeOnce() async throws {
        try await ship()
        let location = ObjectKey(namespace: Self.namespace, name: DigestKeyring.secretName)
        let first = try await keyring().digest(of: value("a"))
        let stored = try #require(try await api.get(Secret.self, location))
        let encoded = try JSONValue(encoding: stored)["data"]?["key"]?.string ?? ""
        #expect(Data(base64Encoded: encoded)?.count == 32)
        _ = try await keyring(seed: 8).digest(of: value("a"))
        #expect(try await api.get(Secret.self, location) == stored)

        _ = try await api.mergePatch(Secret.self, location, ["data": .null])
        let second = try await keyring(seed: 9).digest(of: value("a"))
        #expect(second.split(separator: ":").first != first.split(separator: ":").first)
    }

    @Test("who does not lead makes no key, and without its Secret nobody does")
    func refusals() async throws {
        await #expect(throws: KubernetesError.self) { try await keyring().digest(of: value("a")) }
        try await ship()
        let error = await #expect(throws: VaultError.self) {
            try await keyring(mayWrite: false).digest(of: value("a"))
        }
        #expect(error?.code == .fenced)
        let location = ObjectKey(namespace: Self.namespace, name: DigestKeyring.secretName)
        #expect(try await api.get(Secret.self, location)?.data == nil)
    }
}
