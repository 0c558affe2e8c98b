import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Testing

/// A kind of its own for tests of what the API server and the runtime do, with a definition that tests make and delete.
struct Gadget: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "it.lanyard.dev", version: "v1", kind: "Gadget", plural: "gadgets", isNamespaced: true)

    var metadata: ObjectMeta
    var spec: Spec?
    var status: Status?

    struct Spec: Codable, Equatable, Sendable {
        var colour: String?
    }

    struct Status: Codable, Equatable, Sendable {
        var phase: String?
        var note: String?
    }

    init(_ name: String, in namespace: String, colour: String? = nil) {
        metadata = ObjectMeta(name: name, namespace: namespace)
        spec = Spec(colour: colour)
    }

    /// The same kind, of which only metadata is asked for.
    enum Kind: ResourceKind {
        static let descriptor = Gadget.descriptor
    }
}

/// A custom resource definition, as far as tests look at it.
struct Definition: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition",
        plural: "customresourcedefinitions", isNamespaced: false)

    var metadata: ObjectMeta
    var status: Status?

    struct Status: Codable, Equatable, Sendable {
        var conditions: [Condition]?

        struct Condition: Codable, Equatable, Sendable {
            var type: String
            var status: String
        }
    }
}

extension Cluster {
    /// Makes the definition of `Gadget`, or brings it up to date, and waits until the server serves it.
    func serveGadgets() async throws {
        let text: JSONValue = ["type": "string", "maxLength": 32]
        try await define(
            Gadget.self,
            schema: [
                "type": "object",
                "properties": [
                    "spec": ["type": "object", "properties": ["colour": text]],
                    "status": ["type": "object", "properties": ["phase": text, "note": text]],
                ],
            ], selectable: [".spec.colour"])
        try await eventually("gadgets are served") {
            do {
                _ = try await api.list(Gadget.self)
                return nil
            } catch let error as KubernetesError where error.code == .notServed {
                return "not yet"
            }
        }
    }

    /// Makes a definition, or brings it up to date, and waits until it is established; the kind may be served a moment later.
    ///
    /// - Parameter selectable: paths of fields for field selectors; servers before 1.30 do not know such a thing and drop it.
    func define<Object: KubernetesResource>(
        _ type: Object.Type, schema: JSONValue, selectable: [String] = []
    ) async throws {
        let kind = Object.descriptor
        let name: JSONValue = .string(kind.qualifiedName)
        let version: JSONValue = [
            "name": .string(kind.version), "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
            "subresources": ["status": [:]],
            "selectableFields": .array(selectable.map { ["jsonPath": .string($0)] }),
        ]
        let definition: JSONValue = [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": ["name": name],
            "spec": [
                "group": .string(kind.group), "scope": kind.isNamespaced ? "Namespaced" : "Cluster",
                "names": ["kind": .string(kind.kind), "plural": .string(kind.plural)], "versions": [version],
            ],
        ]
        let key = ObjectKey(namespace: nil, name: kind.qualifiedName)
        do {
            _ = try await api.send(
                APIRequest(
                    .post, Definition.descriptor.path(namespace: nil), contentType: "application/json",
                    body: JSON.encode(definition)))
        } catch let error as KubernetesError where error.code == .alreadyExists {
            _ = try await api.mergePatch(Definition.self, key, ["spec": definition["spec"] ?? .null])
        }
        try await eventually("\(kind.plural) are established") {
            let conditions = try await api.get(Definition.self, key)?.status?.conditions ?? []
            return conditions.contains { $0.type == "Established" && $0.status == "True" } ? nil : "\(conditions)"
        }
    }

    /// Deletes a definition, if it is there, with all objects of its kind, and waits until both are gone.
    func deleteDefinition(_ name: String) async throws {
        let key = ObjectKey(namespace: nil, name: name)
        try await api.delete(Definition.self, key, uid: nil)
        try await eventually("the definition \(name) is gone", within: .seconds(90)) {
            let definition: Definition? = try await api.get(Definition.self, key)
            return definition == nil ? nil : "not yet"
        }
    }

    /// Deletes all gadgets of a namespace, whoever holds them.
    func deleteGadgets(in namespace: String) async throws {
        do {
            for gadget in try await api.list(Gadget.self, namespace: namespace).items {
                try await api.delete(Gadget.self, gadget.key, uid: gadget.metadata.uid)
                if gadget.metadata.finalizers?.isEmpty == false {
                    try await api.removeFinalizers(of: Gadget.self, gadget.key)
                }
            }
        } catch let error as KubernetesError where error.code == .notServed {}
    }
}
