import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

@testable import ControllerRuntime

@Suite("Fault: undecodable object, then fixed; unknown enum; null lists; 1.5 MiB object", .timeLimit(.minutes(5)))
struct UndecodableObjectTests {
    private let world = WatchedServer()

    private func spoil(_ name: String, _ color: JSONValue = .null) async throws {
        let _: Widget.Loose = try await world.server.mergePatch(
            Widget.Loose.self, .widget(name), ["spec": ["color": color]])
    }

    @Test("a bad object stops nobody, keeps its last state, and is reported once for each reason")
    func isolation() async throws {
        for name in ["bad", "good"] { _ = try await world.create(name) }
        let last = try #require(try await world.server.get(Widget.self, .widget("bad")))
        try await world.follow { reflector in
            try await world.store.waitUntilSynced()
            try await spoil("bad")
            _ = try await world.recolor("good", "blue")
            await world.stage.run("not seen") { world.store.get(.widget("good"))?.spec.color == "blue" }
            #expect(world.store.get(.widget("bad")) == last)
            #expect(reflector.health.isReady)
            #expect(world.undecodable.all.map(\.reason) == ["spec.color is missing"])
            #expect(world.undecodable.all.first?.uid == last.metadata.uid)

            // Somebody keeps changing it; the reason is the same.
            for index in 0..<20 {
                let _: Widget.Loose = try await world.server.mergePatch(
                    Widget.Loose.self, .widget("bad"), ["metadata": ["labels": ["n": .string("\(index)")]]])
            }
            await world.stage.settle()
            #expect(world.undecodable.count == 1)
            try await spoil("bad", 7)
            await world.stage.run("another reason") { world.undecodable.count == 2 }

            _ = try await world.recolor("bad", "green")
            try await world.expectConvergence()
            #expect(world.store.undecodable.isEmpty)
            try await spoil("bad", 7)
            await world.stage.run("the same reason again") { world.undecodable.count == 3 }
        }
        #expect(world.undecodable.all.last?.reason == "spec.color has the wrong type")
    }

    @Test(
        "a list with a bad object is delivered, says so once however often it is repeated, and deletes nothing",
        arguments: [StreamingLists.never, .automatic])
    func lists(streamingLists: StreamingLists) async throws {
        world.server.setStreamingLists(.supported)
        for name in ["bad", "good"] { _ = try await world.create(name) }
        try await spoil("bad")
        try await world.follow(streamingLists: streamingLists) { _ in
            await world.stage.run("not listed") { world.store.hasSynced }
            #expect(world.store.all.map(\.metadata.name) == ["good"])
            for _ in 0..<3 {
                world.api.interceptWatch { [api = world.api] _ in
                    api.interceptWatch(nil)
                    return [.line("nonsense")]
                }
                world.clock.advance(by: .seconds(5))
                world.server.closeWatches()
                await world.stage.pass(.seconds(60))
            }
        }
        #expect(world.undecodable.count == 1)
        #expect(world.view.changes == ["+good"])
    }

    @Test(
        "a bad object under the name of another is that other's deletion, in a watch and in a list",
        arguments: [true, false])
    func successor(whileWatching: Bool) async throws {
        _ = try await world.create("a")
        try await world.follow { _ in try await world.store.waitUntilSynced() }
        func replace() async throws {
            try await world.server.delete(Widget.self, .widget("a"), uid: nil)
            let _: Widget.Loose = try await world.server.create(
                Widget.Loose(metadata: ObjectMeta(name: "a", namespace: "ns")))
        }
        if !whileWatching { try await replace() }
        try await world.follow { _ in
            await world.stage.settle()
            if whileWatching { try await replace() }
            await world.stage.run("not seen") { world.store.undecodable[.widget("a")] != nil }
            #expect(world.store.get(.widget("a")) == nil)
        }
        #expect(world.view.changes == ["+a", "-a"])
    }

    @Test("unknown words, null lists and an object as large as etcd takes it are no obstacle")
    func extremes() async throws {
        _ = try await world.create("large", color: String(repeating: "x", count: 1_500_000))
        let nulls =
            #"{"metadata":{"name":"nulls","namespace":"ns","uid":"u","resourceVersion":"91","labels":null,"#
            + #""annotations":null,"ownerReferences":null,"finalizers":null},"spec":{"color":"no such color"}}"#
        let api = world.api
        api.interceptWatch { _ in
            api.watches.count == 1 ? [.line(#"{"type":"ADDED","object":\#(nulls)}"#), .hang] : nil
        }
        try await world.follow { _ in
            await world.stage.run("not seen") { world.store.count == 2 }
        }
        #expect(world.store.get(.widget("large"))?.spec.color.utf8.count == 1_500_000)
        #expect(world.store.get(.widget("nulls"))?.spec.color == "no such color")
        #expect(world.undecodable.count == 0)
    }

    @Test("the event about it names object, kind and field, as a warning, and nothing of its content")
    func event() {
        let object = UndecodableObject(
            key: .widget("a"), uid: "u1", resourceVersion: nil, reason: "spec.color has the wrong type")
        let event = ObjectEvent(undecodable: object, of: Widget.self, reason: "Undecodable")
        #expect(event.kind == .warning)
        #expect(
            event.regarding
                == ObjectReference(
                    apiVersion: "example.dev/v1", kind: "Widget", namespace: "ns", name: "a", uid: "u1"))
        #expect(event.note.contains("spec.color has the wrong type"))
    }
}
