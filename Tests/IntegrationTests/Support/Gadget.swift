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
    /// Makes the definition of `Gadget`, if it is not there, and waits until the server serves it.
    func serveGadgets() async throws {
        let text: JSONValue = ["type": "string"]
        let schema: JSONValue = [
            "type": "object",
            "properties": [
                "spec": ["type": "object", "properties": ["colour": text]],
                "status": ["type": "object", "properties": ["phase": text, "note": text]],
            ],
        ]
        let definition: JSONValue = [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "gadgets.it.lanyard.dev"],
            "spec": [
                "group": "it.lanyard.dev", "scope": "Namespaced", "names": ["kind": "Gadget", "plural": "gadgets"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
                        "subresources": ["status": [:]],
                    ]
                ],
            ],
        ]
        do {
            _ = try await api.send(
                APIRequest(
                    .post, Definition.descriptor.path(namespace: nil), contentType: "application/json",
                    body: JSON.encode(definition)))
        } catch let error as KubernetesError where error.code == .alreadyExists {}
        try await eventually("gadgets are served") {
            do {
                _ = try await api.list(Gadget.self)
                return nil
            } catch let error as KubernetesError where error.code == .notServed {
                return "not yet"
            }
        }
    }

    /// Deletes a definition with all objects of its kind, and waits until both are gone.
    func deleteDefinition(_ name: String) async throws {
        let key = ObjectKey(namespace: nil, name: name)
        try await api.delete(Definition.self, key, uid: nil)
        try await eventually("the definition \(name) is gone", within: .seconds(90)) {
            let definition: Definition? = try await api.get(Definition.self, key)
            return definition == nil ? nil : "not yet"
        }
    }
}
