import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing

@Suite("ServedBoundaries")
struct ServedBoundariesTests {
    private let server = InMemoryAPIServer(
        environment: .simulated(seed: 1), resources: [IdentityBoundary.descriptor, NamespaceMetadata.descriptor])
    private let settings: PlanningSettings

    init() throws { settings = try SimulatedWorld(seed: 1).settings }

    private func source(problem: String? = nil) -> ServedBoundaries {
        ServedBoundaries(api: server, settings: settings) { problem }
    }

    private func create(_ name: String, _ fill: (inout IdentityBoundarySpec) -> Void) async throws {
        var boundary = IdentityBoundary(metadata: ObjectMeta(name: name))
        fill(&boundary.spec)
        _ = try await server.create(boundary)
    }

    private func create(namespace: String, labels: [String: String]) async throws {
        let body: JSONValue = [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(namespace), "labels": .object(labels.mapValues(JSONValue.string)),
            ],
        ]
        _ = try await server.send(
            APIRequest(.post, NamespaceMetadata.descriptor.path(namespace: nil), body: try JSON.encode(body)))
    }

    @Test("boundaries that name the namespace, or select it by its labels, add up")
    func effective() async throws {
        try await create(namespace: "shop", labels: ["tier": "gold"])
        try await create("named") { $0.namespaces = .init(names: ["shop"]) }
        try await create("labelled") { spec in
            spec.namespaces = .init(selector: .init(matchLabels: ["tier": "gold"]))
            spec.allowOrphan = true
        }
        try await create("other") { spec in
            spec.namespaces = .init(names: ["other"])
            spec.allowPause = true
        }
        let boundary = try await source().current(inNamespace: "shop")
        #expect(boundary.allowsOrphan && !boundary.allowsPause && boundary.undecided.isEmpty)
    }

    @Test("a namespace that is not there has no labels that could be known")
    func missingNamespace() async throws {
        try await create("labelled") { $0.namespaces = .init(selector: .init(matchLabels: ["tier": "gold"])) }
        #expect(try await source().current(inNamespace: "shop").undecided.count == 1)
    }

    @Test("what cannot be decoded is in doubt, and what cannot be read throws")
    func undecodable() async throws {
        try await create(namespace: "shop", labels: [:])
        let body: JSONValue = [
            "apiVersion": "lanyard.dev/v1alpha1", "kind": "IdentityBoundary", "metadata": ["name": "broken"],
            "spec": ["allowOrphan": "yes"],
        ]
        _ = try await server.send(
            APIRequest(.post, IdentityBoundary.descriptor.path(namespace: nil), body: try JSON.encode(body)))
        #expect(try await source().current(inNamespace: "shop").undecided.count == 1)
        let journal = Journal()
        journal.fail("kube get", with: KubernetesError(.unreachable, "away"))
        let away = ServedBoundaries(api: RecordingKubernetes(base: server, journal: journal), settings: settings)
        await #expect(throws: KubernetesError.self) { try await away.current(inNamespace: "shop") }
    }

    @Test("the UID of a namespace is that of now, and there is none where there is no namespace")
    func namespaceUID() async throws {
        try await create(namespace: "shop", labels: [:])
        let stored = try await server.get(NamespaceMetadata.self, ObjectKey(namespace: nil, name: "shop"))
        let uid = try #require(stored?.metadata.uid)
        #expect(try await source().namespaceUID("shop") == uid)
        #expect(try await source().namespaceUID("other") == nil)
    }

    @Test("while a cache of them has trouble nothing is asked, and nothing is known")
    func problem() async throws {
        await #expect(throws: BoundaryDoubt("namespaces: Forbidden")) {
            try await source(problem: "namespaces: Forbidden").namespaceUID("shop")
        }
        await #expect(throws: BoundaryDoubt("namespaces: Forbidden")) {
            try await source(problem: "namespaces: Forbidden").current(inNamespace: "shop")
        }
    }
}
