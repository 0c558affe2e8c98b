import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Testing

extension RealServers {
    /// What client and runtime assume of an API server when they list and watch. Holds for every server that is there.
    @Suite("API server contract: reading")
    struct APIServerReadContractTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        /// A namespace with seven gadgets, and the cluster.
        private func withGadgets(
            on server: APIServer, _ body: (String, Cluster) async throws -> Void
        ) async throws {
            try await Cluster.run(in: environment, on: server) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("contract") { namespace in
                    for number in 0..<7 {
                        _ = try await cluster.api.create(Gadget("gadget-\(number)", in: namespace, colour: "red"))
                    }
                    try await body(namespace, cluster)
                }
            }
        }

        @Test(
            "a list at resource version 0 comes from the cache in one answer, whatever its limit",
            arguments: APIServer.allCases)
        func cachedList(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                try await eventually("the cache has all") {
                    let list = try await cluster.api.list(
                        Gadget.self, namespace: namespace, resourceVersion: ResourceVersion("0"), limit: 2)
                    #expect(list.metadata.continue ?? "" == "")
                    return list.items.count == 7 ? nil : "\(list.items.count)"
                }
            }
        }

        @Test(
            "a list without resource version comes in pages of one snapshot, which later changes do not touch",
            arguments: APIServer.allCases)
        func pages(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                var page = try await cluster.api.list(Gadget.self, namespace: namespace, limit: 3)
                var versions = [page.metadata.resourceVersion]
                var names = page.items.map(\.metadata.name)
                _ = try await cluster.api.create(Gadget("later", in: namespace))
                while let token = page.metadata.continue, !token.isEmpty, versions.count < 9 {
                    page = try await cluster.api.list(Gadget.self, namespace: namespace, limit: 3, continue: token)
                    #expect(page.items.count <= 3)
                    versions.append(page.metadata.resourceVersion)
                    names += page.items.map(\.metadata.name)
                }
                #expect(names == (0..<7).map { "gadget-\($0)" })
                #expect(versions.count == 3)
                #expect(Set(versions).count == 1)
            }
        }

        @Test(
            "after a compaction the next page is refused as expired, at the latest when the server knows of it",
            arguments: APIServer.allCases)
        func expiredPage(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                let page = try await cluster.api.list(Gadget.self, namespace: namespace, limit: 3)
                let token = try #require(page.metadata.continue)
                _ = try await cluster.api.create(Gadget("later", in: namespace))
                try await Etcd(endpoint: environment.variable("ETCD_ENDPOINT")).compact()
                try await eventually("the page has expired") {
                    do {
                        _ = try await cluster.api.list(Gadget.self, namespace: namespace, limit: 3, continue: token)
                        return "it is served"
                    } catch let error as KubernetesError {
                        return error.code == .expired ? nil : "\(error)"
                    }
                }
            }
        }

        @Test(
            "a watch from a version that the server has forgotten says so, as its answer or as its first event",
            arguments: APIServer.allCases)
        func expiredWatch(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                try await Etcd(endpoint: environment.variable("ETCD_ENDPOINT")).compact()
                do {
                    let events = try await self.events(
                        of: Gadget.self, namespace, cluster, resourceVersion: ResourceVersion("1"), timeoutSeconds: 5)
                    guard case .error(let status) = events.first else {
                        Issue.record("the watch began with \(String(describing: events.first))")
                        return
                    }
                    #expect(KubernetesError(status: status).code == .expired)
                    print("an expired watch ends with an event")
                } catch let error as KubernetesError {
                    #expect(error.code == .expired)
                    print("an expired watch is refused")
                }
            }
        }

        @Test(
            "a watch that saw something sends a bookmark before it ends, not older than that, and then ends in order",
            arguments: APIServer.allCases)
        func bookmark(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                let version = try #require(
                    try await cluster.api.list(Gadget.self, namespace: namespace).metadata.resourceVersion)
                _ = try await cluster.api.create(Gadget("first", in: namespace))
                let events = try await self.events(
                    of: Gadget.self, namespace, cluster, resourceVersion: version, timeoutSeconds: 10
                ) { event in
                    // Only what is newer than the beginning of a watch leads to bookmarks; the first may belong to that.
                    guard case .added(let gadget) = event, gadget.metadata.name == "first" else { return }
                    _ = try await cluster.api.create(Gadget("second", in: namespace))
                }
                let added = events.compactMap { if case .added(let gadget) = $0 { gadget.metadata } else { nil } }
                #expect(added.map(\.name) == ["first", "second"])
                let last = try #require(added.last?.resourceVersion)
                guard case .bookmark(let bookmark) = events.last else {
                    Issue.record("the last event is \(String(describing: events.last))")
                    return
                }
                #expect(bookmark.resourceVersion.isAtLeast(last) == true)
                #expect(!bookmark.endsInitialEvents)
            }
        }

        @Test(
            "a streaming list ends with its bookmark after all objects, or the server refuses or does not know it",
            arguments: APIServer.allCases)
        func streamingList(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                let minor = try await cluster.minorVersion()
                let events: [WatchEvent<Gadget>]
                do {
                    events = try await self.events(
                        of: Gadget.self, namespace, cluster, resourceVersion: nil, timeoutSeconds: 6,
                        sendsInitialEvents: true)
                } catch let error as KubernetesError {
                    #expect(error.code == .invalid || error.code == .badRequest)
                    #expect(minor < 34)
                    print("1.\(minor) refuses streaming lists: \(error.message)")
                    return
                }
                let end = events.firstIndex {
                    if case .bookmark(let mark) = $0 { mark.endsInitialEvents } else { false }
                }
                let names = events.prefix(end ?? events.count).compactMap { event in
                    if case .added(let gadget) = event { gadget.metadata.name } else { nil }
                }
                #expect(Set(names) == Set((0..<7).map { "gadget-\($0)" }))
                #expect(minor < 34 || end != nil, "1.\(minor) serves streaming lists")
                #expect(minor > 26 || end == nil, "1.\(minor) does not know streaming lists")
                print("1.\(minor) \(end == nil ? "does not know" : "serves") streaming lists")
            }
        }

        @Test(
            "only a 404 that names the object means that it is absent; a kind that is not served answers otherwise",
            arguments: APIServer.allCases)
        func absence(server: APIServer) async throws {
            struct Nothing: KubernetesResource {
                static let descriptor = ResourceDescriptor(
                    group: "it.lanyard.dev", version: "v1", kind: "Nothing", plural: "nothings", isNamespaced: true)
                var metadata: ObjectMeta
            }
            struct Elsewhere: KubernetesResource {
                static let descriptor = ResourceDescriptor(
                    group: "absent.lanyard.dev", version: "v1", kind: "Thing", plural: "things", isNamespaced: true)
                var metadata: ObjectMeta
            }
            try await withGadgets(on: server) { namespace, cluster in
                let key = ObjectKey(namespace: namespace, name: "absent")
                #expect(try await cluster.api.get(Gadget.self, key) == nil)
                for read in [
                    { _ = try await cluster.api.get(Nothing.self, key) },
                    { _ = try await cluster.api.get(Elsewhere.self, key) },
                    { _ = try await cluster.api.list(Nothing.self, namespace: namespace) },
                    { _ = try await cluster.api.list(Elsewhere.self) },
                ] as [() async throws -> Void] {
                    let error = await #expect(throws: KubernetesError.self) { try await read() }
                    #expect(error?.code == .notServed)
                }
                let nowhere = try await cluster.api.list(Gadget.self, namespace: "it-does-not-exist")
                #expect(nowhere.items == [])
                #expect(nowhere.metadata.resourceVersion != nil)
            }
        }

        @Test(
            "metadata alone is sent for lists, reads and watches that ask for it",
            arguments: APIServer.allCases)
        func metadataOnly(server: APIServer) async throws {
            typealias Metadata = PartialObjectMetadata<Gadget.Kind>
            try await withGadgets(on: server) { namespace, cluster in
                let list = try await cluster.api.list(Metadata.self, namespace: namespace)
                #expect(list.items.count == 7)
                let one = try await cluster.api.get(Metadata.self, ObjectKey(namespace: namespace, name: "gadget-0"))
                #expect(one?.metadata.uid == list.items.first?.metadata.uid)
                let lines = try await cluster.api.openWatch(
                    .watch(Metadata.self, namespace: namespace, resourceVersion: nil, timeoutSeconds: 2))
                var kinds: Set<String> = []
                for try await line in lines {
                    let event = try JSON.decode(JSONValue.self, from: line)
                    guard event["type"] == "ADDED" else { continue }
                    kinds.insert(event["object"]?["kind"]?.string ?? "")
                    #expect(event["object"]?["spec"] == nil)
                }
                #expect(kinds == ["PartialObjectMetadata"])
            }
        }

        @Test(
            "a list or streaming list not older than what the server has not reached says so",
            arguments: APIServer.allCases)
        func unreachedVersion(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                let future = ResourceVersion("1000000000")
                let error = await #expect(throws: KubernetesError.self) {
                    try await cluster.api.list(Gadget.self, namespace: namespace, resourceVersion: future)
                }
                #expect(error?.code == .resourceVersionTooLarge)
                // Servers that do not know streaming lists wait for what happens then.
                guard try await cluster.minorVersion() >= 34 else { return }
                let events = try await self.events(
                    of: Gadget.self, namespace, cluster, resourceVersion: future, timeoutSeconds: 6,
                    sendsInitialEvents: true)
                guard case .error(let status) = events.first else {
                    Issue.record("the watch began with \(String(describing: events.first))")
                    return
                }
                #expect(KubernetesError(status: status).code == .resourceVersionTooLarge)
            }
        }

        private func events<Object: KubernetesResource>(
            of type: Object.Type, _ namespace: String, _ cluster: Cluster, resourceVersion: ResourceVersion?,
            timeoutSeconds: Int, sendsInitialEvents: Bool = false,
            onEvent: (WatchEvent<Object>) async throws -> Void = { _ in }
        ) async throws -> [WatchEvent<Object>] {
            let lines = try await cluster.api.openWatch(
                .watch(
                    type, namespace: namespace, resourceVersion: resourceVersion, timeoutSeconds: timeoutSeconds,
                    sendsInitialEvents: sendsInitialEvents))
            var events: [WatchEvent<Object>] = []
            for try await line in lines {
                let event = try WatchEvent<Object>(reading: line)
                events.append(event)
                try await onEvent(event)
            }
            return events
        }
    }
}
