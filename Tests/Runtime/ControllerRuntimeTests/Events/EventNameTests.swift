import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import ControllerRuntime

/// An event that the API server refuses (422) is one that nobody reads.
@Suite("KubernetesEventRecorder: what the API server accepts", .timeLimit(.minutes(1)))
struct EventNameTests {
    private let stage = Stage()

    private func stored(_ events: [ObjectEvent]) async throws -> [KubernetesEvent] {
        let environment = Environment.simulated(seed: 5, clock: stage.clock)
        let server = InMemoryAPIServer(environment: environment, resources: [])
        let recorder = KubernetesEventRecorder(
            api: server, controller: "example.dev/controller", instance: "pod-0", environment: environment,
            logger: Logger(label: "test"))
        let group = ServiceGroup(services: [recorder], logger: Logger(label: "test"))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask(executorPreference: stage.executor) { try await group.run() }
            for event in events { recorder.record(event) }
            try await eventually("not stored") {
                (try? await server.list(KubernetesEvent.self, namespace: "ns").items.count) == events.count
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        return try await server.list(KubernetesEvent.self, namespace: "ns").items
    }

    private func event(about name: String?, reason: String = "Conflict", action: String = "Sync") -> ObjectEvent {
        ObjectEvent(
            regarding: ObjectReference(
                apiVersion: "example.dev/v1", kind: "Widget", namespace: "ns", name: name, uid: "u"), kind: .normal,
            reason: reason, action: action, note: "It is done.")
    }

    /// The rule for names of objects: labels of letters, digits and inner hyphens, with dots between them.
    private func isSubdomain(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 253
            && labels.allSatisfy { label in
                label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
                    && !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
            }
    }

    @Test(
        "the name of an event is one that the server accepts, whatever its object is called",
        arguments: [
            String(repeating: "a", count: 199) + "-" + String(repeating: "b", count: 40),
            String(repeating: "a", count: 199) + "." + String(repeating: "b", count: 40),
            String(repeating: "a", count: 197) + "---" + String(repeating: "b", count: 40),
            String(repeating: "abc.", count: 60) + "x", "plain", "system:node", "Some_Name", "ü", "-", "..", "", nil,
        ])
    func names(name: String?) async throws {
        let event = try #require(try await stored([event(about: name)]).first)
        #expect(isSubdomain(event.metadata.name), "\(event.metadata.name)")
        #expect(event.regarding?.name == name)
        if name == "plain" { #expect(event.metadata.name.hasPrefix("plain.")) }
    }

    @Test("reason and action have at most 128 bytes, and at least one")
    func texts() async throws {
        let long = String(repeating: "ü", count: 200)
        let events = try await stored([
            event(about: "a", reason: long, action: long), event(about: "b", reason: "", action: ""),
        ])
        for event in events {
            #expect((1...128).contains(event.reason?.utf8.count ?? 0))
            #expect((1...128).contains(event.action?.utf8.count ?? 0))
        }
    }
}
