import FoundationEssentials
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Logging
import Testing

/// What the typed verbs promise, on any API server that serves widgets: the one in memory, or the one of the kubeconfig
/// file that `LANYARD_TEST_KUBECONFIG` names.
@Suite("Typed verbs", .serialized, .timeLimit(.minutes(1)))
struct VerbTests {
    private let api: any KubernetesAPI
    private let key = ObjectKey(namespace: "default", name: "a")

    /// The client of the real server; it lives as long as the process.
    private static let real = Result {
        try Environment.system.variable("LANYARD_TEST_KUBECONFIG").map {
            try KubernetesClient(
                .load(kubeconfig: $0, environment: .system), userAgent: "lanyard/test (tests)",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    init() async throws {
        guard let real = try Self.real.get() else {
            api = InMemoryAPIServer(environment: .simulated(seed: 1), resources: [Widget.descriptor])
            return
        }
        api = real
        for widget in try await real.list(PartialObjectMetadata<WidgetKind>.self).items {
            let none: JSONValue = ["metadata": ["finalizers": .null]]
            _ = try await real.mergePatch(PartialObjectMetadata<WidgetKind>.self, widget.key, none)
            try await real.delete(Widget.self, widget.key, uid: nil)
        }
    }

    private func uid(_ widget: Widget) throws -> String { try #require(widget.metadata.uid) }

    @Test("get gives nil only for an object that the server says is absent")
    func get() async throws {
        #expect(try await api.get(Widget.self, key) == nil)
        let created = try await api.create(Widget.sized(1, "a"))
        #expect(try await api.get(Widget.self, key) == created)
        await #expect { try await api.get(Unserved.self, key) } throws: { Self.code($0) == .notServed }
    }

    @Test("create gives identity, version and generation, drops the status, and refuses a name that is taken")
    func create() async throws {
        var widget = Widget.sized(1, "a")
        widget.status = .init(phase: "Ready")
        let created = try await api.create(widget)
        #expect(created.metadata.uid?.isEmpty == false)
        #expect(created.metadata.resourceVersion != nil)
        #expect(created.metadata.generation == 1)
        #expect(created.metadata.creationTimestamp.flatMap(WallTime.init(rfc3339:)) != nil)
        #expect(created.status == nil)
        await #expect { try await api.create(widget) } throws: { Self.code($0) == .alreadyExists }
    }

    @Test("list sees one namespace or all, a label, and pages")
    func list() async throws {
        for (namespace, name) in [("default", "a"), ("default", "b"), ("kube-public", "a")] {
            var widget = Widget.sized(1, name, in: namespace)
            widget.metadata.labels = ["name": name]
            _ = try await api.create(widget)
        }
        #expect(try await api.list(Widget.self).items.count == 3)
        #expect(try await api.list(Widget.self, namespace: "default").items.map(\.key.name) == ["a", "b"])
        #expect(try await api.list(Widget.self, labelSelector: "name=a").items.count == 2)
        let first = try await api.list(Widget.self, limit: 2)
        let token = try #require(first.metadata.continue)
        let second = try await api.list(Widget.self, limit: 2, continue: token)
        #expect((first.items + second.items).map(\.key.description) == ["default/a", "default/b", "kube-public/a"])
        #expect(second.metadata.continue?.isEmpty != false)
        let cached = try await api.list(Widget.self, resourceVersion: first.metadata.resourceVersion, limit: 2)
        #expect(cached.items.count == 3, "a limit is not sent together with a version")
    }

    @Test("a whole list is read page by page, and ends with the last one")
    func listAll() async throws {
        for name in ["a", "b", "c"] { _ = try await api.create(Widget.sized(1, name)) }
        for size in 1...4 {
            var names: [String] = []
            let last = try await api.listAll(Widget.self, namespace: "default", pageSize: size) {
                names.append($0.key.name)
            }
            #expect(names == ["a", "b", "c"])
            #expect(last.resourceVersion != nil && last.continue?.isEmpty != false)
            names = []
            try await api.listAllDecodable(Widget.self, pageSize: size) { names.append($0.key.name) }
            #expect(names == ["a", "b", "c"])
        }
        await #expect {
            try await api.listAll(Unserved.self) { _ in }
        } throws: {
            Self.code($0) == .notServed
        }
    }

    @Test("list of a version that the server has not seen is told apart from other failures")
    func tooLarge() async throws {
        await #expect {
            try await api.list(Widget.self, resourceVersion: ResourceVersion("9999999999"))
        } throws: { Self.code($0) == .resourceVersionTooLarge }
    }

    @Test("delete takes an absent object as success, and a wrong uid or version as a conflict")
    func delete() async throws {
        try await api.delete(Widget.self, key, uid: nil)
        let widget = try await api.create(Widget.sized(1, "a"))
        let other = "11111111-2222-4333-8444-555555555555"
        await #expect { try await api.delete(Widget.self, key, uid: other) } throws: { Self.code($0) == .conflict }
        await #expect {
            try await api.delete(Widget.self, key, uid: nil, resourceVersion: ResourceVersion("1"))
        } throws: { Self.code($0) == .conflict }
        #expect(try await api.get(Widget.self, key) == widget)
        try await api.delete(Widget.self, key, uid: uid(widget), resourceVersion: widget.metadata.resourceVersion)
        #expect(try await api.get(Widget.self, key) == nil)
        await #expect { try await api.delete(Unserved.self, key, uid: nil) } throws: { Self.code($0) == .notServed }
    }

    @Test("delete waits for finalizers, which cannot be added any more, and the last one takes the object away")
    func finalizers() async throws {
        var widget = Widget.sized(1, "a")
        widget.metadata.finalizers = ["lanyard.dev/x", "lanyard.dev/y"]
        let created = try await api.create(widget)
        try await api.delete(Widget.self, key, uid: uid(created))
        let marked = try #require(try await api.get(Widget.self, key))
        #expect(marked.metadata.isBeingDeleted)
        #expect(marked.metadata.generation == 2)
        try await api.delete(Widget.self, key, uid: nil)
        #expect(try await api.get(Widget.self, key) == marked, "a second deletion changes nothing")
        await #expect {
            try await api.patch(
                Widget.self, key, JSONPatch([.add(path: "/metadata/finalizers/-", value: "lanyard.dev/z")]))
        } throws: { Self.code($0) == .invalid }
        let left = try await api.patch(
            Widget.self, key,
            JSONPatch([
                .test(path: "/metadata/finalizers/0", value: "lanyard.dev/x"), .remove(path: "/metadata/finalizers/0"),
            ]))
        #expect(left.metadata.finalizers == ["lanyard.dev/y"])
        _ = try await api.patch(Widget.self, key, JSONPatch([.remove(path: "/metadata/finalizers/0")]))
        #expect(try await api.get(Widget.self, key) == nil)
    }

    @Test("patch applies all operations or, when a test fails, none")
    func jsonPatch() async throws {
        let widget = try await api.create(Widget.sized(1, "a"))
        let version = try #require(widget.metadata.resourceVersion)
        let stale = JSONPatch([
            .replace(path: "/spec/size", value: 2), .test(path: "/metadata/resourceVersion", value: "1"),
        ])
        await #expect { try await api.patch(Widget.self, key, stale) } throws: { Self.code($0) == .invalid }
        #expect(try await api.get(Widget.self, key) == widget)
        let patched = try await api.patch(
            Widget.self, key,
            JSONPatch([
                .test(path: "/metadata/resourceVersion", value: .string(version.text)),
                .replace(path: "/spec/size", value: 2), .add(path: "/metadata/labels", value: ["a/b": "c"]),
                .remove(path: JSONPatch.pointer("metadata", "labels", "a/b")),
            ]))
        #expect(patched.spec.size == 2)
        #expect(patched.metadata.generation == 2)
        #expect(patched.metadata.labels?.isEmpty != false)
        await #expect {
            try await api.patch(Widget.self, key, JSONPatch([.remove(path: "/metadata/labels/none")]))
        } throws: { Self.code($0) == .invalid }
    }

    @Test("mergePatch with a version is an optimistic lock, and null removes")
    func mergePatch() async throws {
        let widget = try await api.create(Widget.sized(1, "a"))
        let version = try #require(widget.metadata.resourceVersion).text
        let patch: JSONValue = ["metadata": ["resourceVersion": .string(version), "labels": ["x": "1"]]]
        let labelled: Widget = try await api.mergePatch(Widget.self, key, patch)
        #expect(labelled.metadata.labels == ["x": "1"])
        #expect(labelled.metadata.generation == 1, "labels are no new generation")
        await #expect { try await api.mergePatch(Widget.self, key, patch) } throws: { Self.code($0) == .conflict }
        let bare = try await api.mergePatch(Widget.self, key, ["metadata": ["labels": ["x": .null]]])
        #expect(bare.metadata.labels?.isEmpty != false)
        await #expect {
            try await api.mergePatch(Widget.self, ObjectKey(namespace: "default", name: "none"), patch)
        } throws: { Self.code($0) == .notFound }
    }

    @Test("the status and the rest are written apart")
    func subresource() async throws {
        _ = try await api.create(Widget.sized(1, "a"))
        let main = try await api.mergePatch(Widget.self, key, ["spec": ["size": 2], "status": ["phase": "Lost"]])
        #expect(main.status == nil)
        let status = try await api.mergePatch(
            Widget.self, key, ["spec": ["size": 3], "status": ["phase": "Ready"]], subresource: "status")
        #expect(status.spec.size == 2)
        #expect(status.status?.phase == "Ready")
        #expect(status.metadata.generation == main.metadata.generation)
    }

    @Test("replace needs the version of what it replaces")
    func replace() async throws {
        var widget = try await api.create(Widget.sized(1, "a"))
        widget.spec.size = 2
        let replaced = try await api.replace(widget)
        #expect(replaced.spec.size == 2)
        await #expect { try await api.replace(widget) } throws: { Self.code($0) == .conflict }
        widget.metadata.resourceVersion = nil
        await #expect { try await api.replace(widget) } throws: { Self.code($0) == .badRequest }
        var absent = replaced
        absent.metadata.name = "none"
        await #expect { try await api.replace(absent) } throws: { Self.code($0) == .conflict }
        absent.metadata.uid = nil
        await #expect { try await api.replace(absent) } throws: { Self.code($0) == .notFound }
    }

    @Test("a write that changes nothing costs no version")
    func noChange() async throws {
        _ = try await api.create(Widget.sized(1, "a"))
        let first = try await api.mergePatch(Widget.self, key, ["spec": ["size": 2]])
        let second = try await api.mergePatch(Widget.self, key, ["spec": ["size": 2]])
        #expect(first == second)
        #expect(try await api.replace(second) == second)
    }

    @Test("applyStatus owns what it applies, and leaves the conditions of others alone")
    func applyStatus() async throws {
        let widget = try await api.create(Widget.sized(1, "a"))
        let theirs: JSONValue = ["conditions": [Self.condition("Theirs", "True")]]
        _ = try await api.applyStatus(Widget.self, key, uid: uid(widget), status: theirs, fieldManager: "other")
        let ours: JSONValue = [
            "phase": "Pending", "detail": "x",
            "conditions": [Self.condition("Ready", "False"), Self.condition("Synced", "True")],
        ]
        let first = try #require(
            try await api.applyStatus(Widget.self, key, uid: uid(widget), status: ours, fieldManager: "lanyard"))
        #expect(first.status?.conditions?.map(\.type).sorted() == ["Ready", "Synced", "Theirs"])
        let fewer: JSONValue = ["phase": "Ready", "conditions": [Self.condition("Ready", "True")]]
        let second = try #require(
            try await api.applyStatus(Widget.self, key, uid: uid(widget), status: fewer, fieldManager: "lanyard"))
        #expect(second.status?.phase == "Ready")
        #expect(second.status?.detail == nil)
        #expect(second.status?.conditions?.map(\.type).sorted() == ["Ready", "Theirs"])
        #expect(second.status?.conditions?.condition("Ready")?.status == .yes)
        let third = try await api.applyStatus(
            Widget.self, key, uid: uid(widget), status: fewer, fieldManager: "lanyard")
        #expect(third == second, "the same status again is no change")
    }

    @Test("applyStatus gives nil for an object that is gone, and a conflict for a namesake")
    func applyStatusToAnother() async throws {
        let widget = try await api.create(Widget.sized(1, "a"))
        let status: JSONValue = ["phase": "Ready"]
        try await api.delete(Widget.self, key, uid: nil)
        #expect(
            try await api.applyStatus(Widget.self, key, uid: uid(widget), status: status, fieldManager: "lanyard")
                == nil)
        #expect(try await api.get(Widget.self, key) == nil, "a status creates no object")
        _ = try await api.create(Widget.sized(1, "a"))
        await #expect {
            try await api.applyStatus(Widget.self, key, uid: uid(widget), status: status, fieldManager: "lanyard")
        } throws: { Self.code($0) == .conflict }
    }

    @Test("patchStatus makes the stored status the wanted one, over the version that was seen, and makes nobody")
    func patchStatus() async throws {
        let widget = try await api.create(Widget.sized(1, "a"))
        func patch(_ widget: Widget, from stored: JSONValue, to status: JSONValue) async throws -> ObjectMeta? {
            try await api.patchStatus(
                Widget.self, widget.key, uid: uid(widget), over: try #require(widget.metadata.resourceVersion),
                from: stored, to: status)
        }
        let first: JSONValue = ["phase": "Pending", "detail": "x", "conditions": [Self.condition("Ready", "False")]]
        let metadata = try #require(try await patch(widget, from: [:], to: first))
        let written = try #require(try await api.get(Widget.self, key))
        #expect(metadata.uid == widget.metadata.uid && metadata.key == key)
        #expect(metadata.resourceVersion == written.metadata.resourceVersion)
        #expect(written.status?.detail == "x" && written.spec == widget.spec)
        #expect(written.metadata.generation == widget.metadata.generation)
        await #expect { try await patch(widget, from: [:], to: ["phase": "Old"]) } throws: {
            Self.code($0) == .conflict
        }
        let second: JSONValue = ["phase": "Ready", "conditions": [Self.condition("Ready", "True")]]
        _ = try await patch(written, from: first, to: second)
        let changed = try #require(try await api.get(Widget.self, key))
        #expect(changed.status?.phase == "Ready" && changed.status?.detail == nil)
        #expect(changed.status?.conditions?.condition("Ready")?.status == .yes)
        let same = try await patch(changed, from: second, to: second)
        #expect(same?.resourceVersion == changed.metadata.resourceVersion, "what changes nothing costs no version")
        try await api.delete(Widget.self, key, uid: nil)
        #expect(try await patch(changed, from: second, to: first) == nil)
        #expect(try await api.get(Widget.self, key) == nil)
        let namesake = try await api.create(Widget.sized(1, "a"))
        await #expect { try await patch(changed, from: second, to: first) } throws: { Self.code($0) == .conflict }
        #expect(try await api.get(Widget.self, key) == namesake)
    }

    @Test("a watch goes on where the list ended, and tells creation, change and deletion apart")
    func watch() async throws {
        _ = try await api.create(Widget.sized(1, "before"))
        let list = try await api.list(Widget.self)
        let version = try #require(list.metadata.resourceVersion)
        let created = try await api.create(Widget.sized(1, "a"))
        let changed = try await api.mergePatch(Widget.self, key, ["spec": ["size": 2]])
        try await api.delete(Widget.self, key, uid: nil)
        let request = APIRequest.watch(Widget.self, resourceVersion: version, timeoutSeconds: 60)
        var events: [WatchEvent<Widget>] = []
        for try await line in try await api.openWatch(request) {
            events.append(try WatchEvent(reading: line))
            if events.count == 3 { break }
        }
        #expect(events.prefix(2) == [.added(created), .modified(changed)])
        guard case .deleted(let last) = events.last else {
            Issue.record("the last event is no deletion")
            return
        }
        #expect(last.metadata.uid == created.metadata.uid)
        let lastVersion = try #require(last.metadata.resourceVersion)
        #expect(lastVersion.isAtLeast(try #require(changed.metadata.resourceVersion)) == true)
        #expect(lastVersion != changed.metadata.resourceVersion)
    }

    private static func condition(_ type: String, _ status: String) -> JSONValue {
        [
            "type": .string(type), "status": .string(status), "reason": "Test", "message": "m",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]
    }

    private static func code(_ error: any Error) -> KubernetesError.Code? { (error as? KubernetesError)?.code }
}

/// Widgets of which only the metadata counts.
private enum WidgetKind: ResourceKind {
    static let descriptor = Widget.descriptor
}

/// A kind that no server serves.
private struct Unserved: KubernetesResource {
    static let descriptor = ResourceDescriptor(
        group: "testing.lanyard.dev", version: "v9", kind: "Unserved", plural: "unserved", isNamespaced: true)

    var metadata: ObjectMeta
}
