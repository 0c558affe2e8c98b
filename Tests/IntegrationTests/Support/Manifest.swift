import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCommands

/// An object as it is declared: whole, whatever the Swift types know of it.
struct Manifest: Sendable {
    let descriptor: ResourceDescriptor
    let value: JSONValue

    /// The kinds of `crds/`.
    static let kinds = LanyardKind.all.map(\.descriptor)

    /// What is published for people to install.
    static func definitions() throws -> [Manifest] {
        try documents(in: "crds").map { Manifest(descriptor: Definition.descriptor, value: $0) }
    }

    /// What is published for people to begin with, as far as it is of the kinds of `crds/`.
    static func samples() throws -> [Manifest] {
        try documents(in: "manifests/samples").compactMap { value in
            if value["apiVersion"] == "v1" { return nil }
            let descriptor = kinds.first {
                value["kind"] == .string($0.kind) && value["apiVersion"] == .string($0.apiVersion)
            }
            return Manifest(descriptor: try #require(descriptor, "\(value["kind"] ?? .null)"), value: value)
        }
    }

    /// An object of each kind of `crds/` at least: the samples, and one of each kind that people do not write at first, or at all.
    static func examples() throws -> [Manifest] {
        var template = DatabaseRoleTemplateSpec()
        template.connections = ["temporal-*"]
        template.creationStatements = ["CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}'"]
        template.defaultTTL = "1h30m"
        let record = OwnershipRecord.Spec(
            owner: .init(kind: "VaultMount", namespace: "", name: "kv", uid: "1"),
            claims: [.init(path: "sys/mounts/kv", claimedAt: "2026-01-01T00:00:00Z", deletionPolicy: .orphan)])
        return try samples() + [
            Manifest(DatabaseRoleTemplate.descriptor, "readwrite", spec: JSONValue(encoding: template)),
            Manifest(
                OwnershipRecord.descriptor, "mount.kv", in: "lanyard-system", spec: JSONValue(encoding: record)),
        ]
    }

    private static func documents(in folder: String) throws -> [JSONValue] {
        try ManifestFiles().documents(at: ["\(TestEnvironment.repository)/\(folder)"]).flatMap(\.objects).map(\.value)
    }

    private init(descriptor: ResourceDescriptor, value: JSONValue) {
        self.descriptor = descriptor
        self.value = value
    }

    /// Declares an object by its spec.
    init(_ descriptor: ResourceDescriptor, _ name: String, in namespace: String? = nil, spec: JSONValue) {
        var metadata: JSONValue = ["name": .string(name)]
        if let namespace { metadata["namespace"] = .string(namespace) }
        self.init(
            descriptor: descriptor,
            value: [
                "apiVersion": .string(descriptor.apiVersion), "kind": .string(descriptor.kind), "metadata": metadata,
                "spec": spec,
            ])
    }

    var key: ObjectKey {
        let metadata = value["metadata"]
        return ObjectKey(namespace: metadata?["namespace"]?.string, name: metadata?["name"]?.string ?? "")
    }

    fileprivate var path: String { descriptor.path(namespace: key.namespace, name: key.name) }
}

extension Cluster {
    private static let strict = APIRequest.QueryItem("fieldValidation", "Strict")

    /// Applies an object as `kubectl apply --server-side --force-conflicts` does: unknown fields are errors.
    ///
    /// - Returns: what is stored.
    @discardableResult
    func apply(_ manifest: Manifest) async throws -> JSONValue {
        try await answer(
            .patch, manifest.path, query: [.init("fieldManager", "kubectl"), .init("force", "true"), Self.strict],
            contentType: "application/apply-patch+yaml", body: manifest.value)
    }

    /// Creates an object as `kubectl create` does.
    ///
    /// - Returns: what is stored.
    @discardableResult
    func create(_ manifest: Manifest) async throws -> JSONValue {
        try await answer(
            .post, manifest.descriptor.path(namespace: manifest.key.namespace), query: [Self.strict],
            contentType: "application/json", body: manifest.value)
    }

    /// What is stored of an object.
    func read(_ manifest: Manifest) async throws -> JSONValue { try await answer(.get, manifest.path) }

    /// Deletes an object, if it is there.
    func delete(_ manifest: Manifest) async throws {
        do {
            _ = try await answer(.delete, manifest.path)
        } catch let error as KubernetesError where error.code == .notFound {}
    }

    /// The table that `kubectl get` prints of an object: columns in order, those of `-o wide` with that, and cells.
    func table(_ manifest: Manifest) async throws -> (columns: [String], cells: [JSONValue]) {
        let answer = try await answer(
            .get, manifest.path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        let columns = (answer["columnDefinitions"]?.array ?? []).map { column in
            (column["name"]?.string ?? "") + (column["priority"] == 0 ? "" : " (wide)")
        }
        let rows = answer["rows"]?.array ?? []
        #expect(rows.count == 1)
        return (columns, rows.first?["cells"]?.array ?? [])
    }

    /// Applies all definitions of `crds/`, and waits until their kinds are served.
    func serveDefinitions() async throws {
        for definition in try Manifest.definitions() { try await apply(definition) }
        for kind in Manifest.kinds {
            try await eventually("\(kind.plural) are served") {
                do {
                    _ = try await answer(.get, kind.path(namespace: nil), query: [.init("limit", "1")])
                    return nil
                } catch let error as KubernetesError where error.code == .notServed {
                    return "not yet"
                }
            }
        }
    }

    private func answer(
        _ method: APIRequest.Method, _ path: String, query: [APIRequest.QueryItem] = [], contentType: String? = nil,
        accept: String = "application/json", body: JSONValue? = nil
    ) async throws -> JSONValue {
        try JSONValue(
            parsing: await api.send(
                APIRequest(
                    method, path, query: query, contentType: contentType, accept: accept,
                    body: try body.map { try JSON.encode($0) })))
    }
}
