import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import PrometheusExposition
import Testing

@testable import LanyardOperator

@Suite("DefinitionCheck", .timeLimit(.minutes(1)))
struct DefinitionCheckTests {
    private static let bindings = "vaultrolebindings.lanyard.dev"

    private let lines = RecordedLines()
    private let clock = TurningClock()
    private let registry = PrometheusRegistry()

    private var environment: Environment {
        Environment(
            clock: clock, random: SeededRandomSource(seed: 1), makeUUID: { "id" }, variable: { _ in nil })
    }

    private func server() -> InMemoryAPIServer {
        InMemoryAPIServer(environment: environment, resources: [DefinitionCheck.descriptor])
    }

    private static func store(_ definition: JSONValue, in api: some KubernetesAPI) async throws {
        _ = try await api.send(
            APIRequest(
                .post, DefinitionCheck.descriptor.path(namespace: nil), contentType: "application/json",
                body: try JSON.encode(definition)))
    }

    private static func published(_ name: String) throws -> JSONValue {
        try JSONValue(yaml: try #require(PublishedDefinitions.yaml[name]))
    }

    /// Ours, without one field of a spec.
    private static func older() throws -> JSONValue {
        var definition = try published(bindings)
        var version = try #require(definition["spec"]?["versions"]?.array?.first)
        version["schema"]?["openAPIV3Schema"]?["properties"]?["spec"]?["properties"]?["roleName"] = nil
        definition["spec"]?["versions"] = [version]
        return definition
    }

    private func check(_ api: any KubernetesAPI) -> DefinitionCheck {
        DefinitionCheck(api: api, environment: environment, logger: lines.logger, factory: registry)
    }

    private func values() -> [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix(DefinitionCheck.label) }.map(String.init)
    }

    private func outdated() -> [String] { values().filter { $0.hasSuffix(" 1") } }

    @Test("definitions of this version are read once, and nothing is said")
    func current() async throws {
        let api = server()
        for name in PublishedDefinitions.yaml.keys { try await Self.store(Self.published(name), in: api) }
        let check = check(api)
        #expect(values().count == LanyardKind.all.count)
        try await check.compareAll()
        #expect(outdated() == [] && lines.all == [] && clock.now == .zero)
    }

    @Test("one that lacks a field is told with where it differs and what helps, and no more when it is mended")
    func older() async throws {
        let api = server()
        for name in PublishedDefinitions.yaml.keys where name != Self.bindings {
            try await Self.store(Self.published(name), in: api)
        }
        try await Self.store(Self.older(), in: api)
        clock.onSleep { [self] turn in
            #expect(outdated() == ["lanyard_crd_outdated{resource=\"\(Self.bindings)\"} 1"])
            guard turn == 1 else { return }
            let path = DefinitionCheck.descriptor.path(namespace: nil, name: Self.bindings)
            _ = try await api.send(APIRequest(.delete, path))
            try await Self.store(Self.published(Self.bindings), in: api)
        }
        try await check(api).compareAll()
        #expect(outdated() == [])
        #expect(lines.all.count == 2)
        let told = try #require(lines.all.first)
        #expect(told.hasPrefix("the CRD is not that of this version crd=\(Self.bindings) "))
        #expect(told.contains("differs=v1alpha1 spec.roleName "))
        #expect(told.contains("remedy=upgrade the chart with crds.enabled; where CRDs"))
        #expect(lines.all.last?.hasPrefix("the CRD is that of this version now") == true)
    }

    @Test("one that is not there is told, one that cannot be read says nothing of itself")
    func missing() async throws {
        clock.onSleep { _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) { try await check(server()).compareAll() }
        #expect(outdated().count == LanyardKind.all.count)
        #expect(lines.all.count { $0.hasPrefix("the CRD is missing") } == LanyardKind.all.count)
    }

    @Test("one that may not be read is neither current nor outdated, and is told once")
    func unreadable() async throws {
        clock.onSleep { turn in
            if turn == 3 { throw CancellationError() }
        }
        await #expect(throws: CancellationError.self) { try await check(ForbiddingAPI()).compareAll() }
        #expect(outdated() == [])
        #expect(lines.all.count == LanyardKind.all.count)
        #expect(lines.all.allSatisfy { $0.hasPrefix("the CRD cannot be compared") && $0.contains("forbidden") })
    }
}

/// Denies everything.
private struct ForbiddingAPI: KubernetesAPI {
    func send(_ request: APIRequest) async throws -> Data { throw KubernetesError(.forbidden, "no right") }

    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        throw KubernetesError(.forbidden, "no right")
    }
}
