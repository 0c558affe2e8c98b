import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

extension RealServers {
    /// The reflector with a server that sends lists as streams: what it asks for, and what it takes from the answers.
    @Suite("Reflector on a current API server")
    struct CurrentReflectorTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a list comes as the beginning of a watch, ended by its bookmark, and the same stream goes on")
        func streamingList() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("stream") { namespace in
                    let names = (0..<5).map { "gadget-\($0)" }
                    for name in names { _ = try await cluster.api.create(Gadget(name, in: namespace)) }
                    try await Watched<Gadget>.run(cluster, in: namespace) { watched in
                        try await watched.waitUntilItHas(names)
                        let call = try #require(watched.calls.first)
                        #expect(call.isStreamingList)
                        #expect(call.query["resourceVersionMatch"] == "NotOlderThan")
                        #expect(call.query["resourceVersion"] == nil)
                        #expect(call.events.map(\.type) == names.map { _ in "ADDED" } + ["BOOKMARK"])
                        #expect(call.events.last?.endsInitialEvents == true)
                        // The list is of the bookmark's version.
                        #expect(watched.store.resourceVersion == call.events.last?.version)
                        #expect(watched.changes.value == names.map { "+\($0)" })

                        try await change(in: namespace, cluster)
                        try await watched.waitUntilItHas(Array(names.dropFirst()) + ["later"])
                        #expect(watched.changes.value.suffix(3) == ["+later", "~gadget-1", "-gadget-0"])
                        #expect(watched.calls.count == 1)
                        #expect(watched.reflector.health == SourceHealth(hasSynced: true))
                        #expect(watched.metric("store_objects") == 5)
                        for reason in ["ended", "stalled", "expired", "failed", "malformed"] {
                            #expect(watched.metric("watch_restarts_total", reason: reason) == 0, "\(reason)")
                        }
                    }
                }
            }
        }

        private func change(in namespace: String, _ cluster: Cluster) async throws {
            _ = try await cluster.api.create(Gadget("later", in: namespace))
            let _: Gadget = try await cluster.api.mergePatch(
                Gadget.self, ObjectKey(namespace: namespace, name: "gadget-1"), ["spec": ["colour": "blue"]])
            try await cluster.api.delete(Gadget.self, ObjectKey(namespace: namespace, name: "gadget-0"), uid: nil)
        }

        @Test("an empty kind is complete with its bookmark alone")
        func empty() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("empty") { namespace in
                    try await Watched<Gadget>.run(cluster, in: namespace) { watched in
                        try await watched.waitUntilItHas([])
                        #expect(watched.calls.count == 1)
                        #expect(watched.calls.first?.events.map(\.endsInitialEvents) == [true])
                    }
                }
            }
        }

        @Test("bookmarks carry the version past what others do, and the next watch goes on there without a list")
        func bookmarks() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("bookmarks") { namespace in
                    _ = try await cluster.api.create(Gadget("own", in: namespace))
                    // A bookmark comes two seconds before the server ends a watch; otherwise once a minute.
                    try await Watched<Gadget>.run(cluster, in: namespace, watchSeconds: 6) { watched in
                        try await watched.waitUntilItHas(["own"])
                        let began = try #require(watched.store.resourceVersion)
                        let foreign = try await cluster.withNamespace("others") { others in
                            try await cluster.api.create(Gadget("foreign", in: others)).metadata.resourceVersion
                        }
                        let reached = try #require(foreign)
                        #expect(began.isAtLeast(reached) == false)
                        try await eventually("the version is that of others' objects") {
                            let version = watched.store.resourceVersion
                            return version?.isAtLeast(reached) == true ? nil : "\(String(describing: version))"
                        }
                        try await eventually("the watch has been opened again") {
                            watched.calls.count > 1 ? nil : "not yet"
                        }
                        let (first, second) = (watched.calls[0], watched.calls[1])
                        let bookmark = try #require(first.events.last)
                        #expect(bookmark.type == "BOOKMARK" && !bookmark.endsInitialEvents)
                        #expect(second.isWatch && !second.isStreamingList)
                        #expect(second.query["resourceVersionMatch"] == nil)
                        #expect(second.query["resourceVersion"] == bookmark.version?.text)
                        #expect(watched.changes.value == ["+own"])
                        #expect(watched.pagedLists == 0)
                        #expect(watched.metric("watch_restarts_total", reason: "ended") == 1)
                    }
                }
            }
        }
    }
}
