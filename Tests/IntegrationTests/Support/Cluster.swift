import KubernetesClient
import KubernetesModel
import LanyardAPI
import Logging
import Testing

/// A real API server as its administrator sees it.
struct Cluster: Sendable {
    let api: KubernetesClient
    let server: APIServer

    /// Runs with a client that is closed at the end.
    ///
    /// - Parameters:
    ///   - port: of a proxy on loopback through which it goes.
    ///   - logger: for what the client has to say.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, on server: APIServer = .whole, throughPort port: Int? = nil,
        logger: Logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }),
        _ body: (Cluster) async throws -> Result
    ) async throws -> Result {
        var configuration = try server.configuration(environment)
        if let port { configuration.server = "https://127.0.0.1:\(port)" }
        let api = try KubernetesClient(configuration, userAgent: "lanyard-tests", logger: logger)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(Cluster(api: api, server: server)))
        } catch {
            result = .failure(error)
        }
        try await api.shutdown()
        return try result.get()
    }

    /// Makes a namespace of its own for a test, and deletes what is in it at the end.
    func withNamespace<Result: Sendable>(
        _ purpose: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let suffix = Environment.system.makeUUID().prefix(6)
        let name = "it-\(purpose)-\(suffix)"
        if server.hasNamespaces { _ = try await api.create(Namespace(metadata: ObjectMeta(name: name))) }
        return try await clearing {
            try await letGo(of: name)
        } after: {
            try await body(name)
        }
    }

    /// Whether watches begin with a list, so that nobody has to list what he watches.
    var streamsLists: Bool { get async throws { try await minorVersion() >= 34 } }

    /// The server's minor version.
    func minorVersion() async throws -> Int {
        let version = try JSON.decode(JSONValue.self, from: try await api.send(APIRequest(.get, "/version")))
        let digits = (version["minor"]?.string ?? "").prefix { $0.isNumber }
        return try #require(Int(digits))
    }

    func apply(_ identity: WorkloadIdentity) async throws { _ = try await api.create(identity) }

    func apply(_ binding: VaultRoleBinding) async throws { _ = try await api.create(binding) }

    /// Creates many bindings, several at a time.
    func applyTogether(_ bindings: [VaultRoleBinding]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in stride(from: worker, to: bindings.count, by: 8) { try await apply(bindings[index]) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Allows a namespace a static role on a database user, on top of what it may have anyway.
    func allow(staticUser: String, in namespace: String) async throws {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: [namespace])
        var vault = IdentityBoundarySpec.Vault()
        vault.databases = [
            .init(
                mount: nil, connection: "temporal-postgres", templates: nil, inlineStatements: true,
                staticUsernames: [staticUser])
        ]
        spec.vault = vault
        _ = try await api.create(IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec))
    }

    /// Changes the spec of a binding.
    func edit(
        _ name: String, in namespace: String, _ change: (inout VaultRoleBindingSpec) -> Void
    ) async throws {
        let key = ObjectKey(namespace: namespace, name: name)
        var spec = try #require(try await api.get(VaultRoleBinding.self, key)).spec
        change(&spec)
        _ = try await api.patch(
            VaultRoleBinding.self, key, JSONPatch([.replace(path: "/spec", value: try JSONValue(encoding: spec))]))
    }

    /// Every object of both kinds in a namespace with its conditions.
    func conditions(in namespace: String) async throws -> [(name: String, generation: Int64?, conditions: [Condition])]
    {
        let identities = try await api.list(WorkloadIdentity.self, namespace: namespace).items
        let bindings = try await api.list(VaultRoleBinding.self, namespace: namespace).items
        return identities.map { ("wid/\($0.metadata.name)", $0.metadata.generation, $0.status?.conditions ?? []) }
            + bindings.map { ("vrb/\($0.metadata.name)", $0.metadata.generation, $0.status?.conditions ?? []) }
    }

    /// Waits until a number of objects are Ready at their generation.
    func waitUntilReady(_ count: Int, in namespace: String, within limit: Duration = .seconds(30)) async throws {
        let pause = Duration.milliseconds(max(50, count))
        try await eventually("\(count) objects are Ready", within: limit, every: pause) {
            let all = try await conditions(in: namespace)
            let ready = all.filter { object in
                object.conditions.contains {
                    $0.type == ConditionType.ready && $0.status == .yes && $0.observedGeneration == object.generation
                }
            }
            guard ready.count == count else {
                let other = all.first { object in !ready.contains { $0.name == object.name } }
                let reason = other?.conditions.condition(ConditionType.ready)
                return "\(ready.count) of \(all.count); \(other?.name ?? ""): \(reason?.message ?? "no condition")"
            }
            return nil
        }
    }

    /// Deletes all resources of a namespace.
    func deleteResources(in namespace: String) async throws {
        for binding in try await everything(VaultRoleBinding.self, in: namespace) {
            try await api.delete(VaultRoleBinding.self, binding.key, uid: binding.uid)
        }
        for identity in try await everything(WorkloadIdentity.self, in: namespace) {
            try await api.delete(WorkloadIdentity.self, identity.key, uid: identity.uid)
        }
    }

    /// The names of all objects of a kind in a namespace, however large they are.
    func everything<R: KubernetesResource>(
        _ type: R.Type, in namespace: String
    ) async throws -> [(key: ObjectKey, uid: String?)] {
        var found: [(key: ObjectKey, uid: String?)] = []
        try await api.listAll(type, namespace: namespace, pageSize: 50) { found.append(($0.key, $0.metadata.uid)) }
        return found
    }

    /// Ends a namespace even where no operator runs any more.
    private func letGo(of namespace: String) async throws {
        // Where there are no namespaces, nothing takes along what is in one.
        guard server.hasNamespaces else { return try await deleteGadgets(in: namespace) }
        try await deleteResources(in: namespace)
        try await removeFinalizers(in: namespace)
        // Where the operator has ended before, nobody else does it, and a sweep that finds too many does nothing.
        for record in try await records(of: namespace) {
            try await api.delete(OwnershipRecord.self, record.key, uid: nil)
        }
        try await api.delete(Namespace.self, ObjectKey(namespace: nil, name: namespace), uid: nil)
    }

    /// What the ledger has for the bindings of a namespace.
    func records(of namespace: String) async throws -> [OwnershipRecord] {
        try await api.list(OwnershipRecord.self, namespace: "lanyard-system").items
            .filter { $0.spec.owner.namespace == namespace }
    }

    /// Takes the finalizers off all resources of a namespace, by hand.
    func removeFinalizers(in namespace: String) async throws {
        for binding in try await everything(VaultRoleBinding.self, in: namespace) {
            try await api.removeFinalizers(of: VaultRoleBinding.self, binding.key)
        }
        for identity in try await everything(WorkloadIdentity.self, in: namespace) {
            try await api.removeFinalizers(of: WorkloadIdentity.self, identity.key)
        }
    }
}

extension KubernetesAPI {
    /// Takes the finalizers off an object, if there is one.
    func removeFinalizers<Object: KubernetesResource>(
        of type: Object.Type, _ key: ObjectKey
    ) async throws {
        do {
            _ = try await mergePatch(type, key, ["metadata": ["finalizers": .array([])]])
        } catch let error as KubernetesError where error.code == .notFound {}
    }
}

/// A namespace, as far as tests need it.
struct Namespace: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "", version: "v1", kind: "Namespace", plural: "namespaces", isNamespaced: false)

    var metadata: ObjectMeta
}
