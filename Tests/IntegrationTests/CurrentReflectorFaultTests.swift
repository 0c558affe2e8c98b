import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import Testing

extension RealServers {
    /// The reflector through what happens to a current API server: no version is too old, no cache too young, no definition
    /// gone for long enough that the store would not be right in the end; and nothing goes from it that is still there.
    @Suite("Reflector on a current API server, with faults")
    struct CurrentReflectorFaultTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("a watch whose version is forgotten lists anew, as a stream, and hands on what went meanwhile")
        func expired() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("expired") { namespace in
                    for name in ["a", "b", "c"] { _ = try await cluster.api.create(Gadget(name, in: namespace)) }
                    let port = try APIServer.customResources.port(environment)
                    try await FaultProxy.run(to: .tcp(port: port)) { proxy in
                        try await Cluster.run(
                            in: environment, on: .customResources, throughPort: proxy.port
                        ) { near in
                            try await Watched<Gadget>.run(near, in: namespace) { watched in
                                try await expire(watched, in: namespace, proxy, cluster)
                            }
                        }
                    }
                }
            }
        }

        private func expire(
            _ watched: Watched<Gadget>, in namespace: String, _ proxy: FaultProxy, _ cluster: Cluster
        ) async throws {
            try await watched.waitUntilItHas(["a", "b", "c"])
            let version = try #require(watched.store.resourceVersion)
            proxy.conduct.update { $0.admission = .end(.close) }
            await proxy.cut()
            // What the server has in memory goes with a restart, what etcd has with a compaction.
            try await cluster.api.delete(Gadget.self, ObjectKey(namespace: namespace, name: "b"), uid: nil)
            let _: Gadget = try await cluster.api.mergePatch(
                Gadget.self, ObjectKey(namespace: namespace, name: "c"), ["spec": ["colour": "blue"]])
            _ = try await cluster.api.create(Gadget("d", in: namespace))
            try await Etcd(endpoint: environment.variable("ETCD_ENDPOINT")).compact()
            try await environment.control("restart", "crds")
            #expect(watched.names == ["a", "b", "c"])
            let before = watched.calls.count
            proxy.conduct.update { $0.admission = .connect }

            try await watched.waitUntilItHas(["a", "c", "d"], within: .seconds(60))
            #expect(watched.changes.value == ["+a", "+b", "+c", "-b", "~c", "+d"])
            let calls = watched.calls
            let resumed = try #require(
                calls.dropFirst(before - 1).firstIndex { $0.events.contains { $0.type == "ERROR" } })
            #expect(!calls[resumed].isStreamingList)
            #expect(calls[resumed].query["resourceVersion"] == version.text)
            #expect(calls[resumed].events.map(\.code) == [410])
            // At once, and of the newest state: no version that is known may be asked for.
            #expect(calls[resumed + 1].isStreamingList)
            #expect(calls[resumed + 1].query["resourceVersion"] == nil)
            #expect(calls[resumed + 1].hasEndOfInitialEvents)
            #expect(watched.pagedLists == 0)
            #expect(watched.metric("watch_restarts_total", reason: "expired") == 1)
            try await waitUntilOpen(watched)
        }

        private func waitUntilOpen<Object>(_ watched: Watched<Object>) async throws {
            try await eventually("the watch is open") {
                let health = watched.reflector.health
                return health == SourceHealth(hasSynced: true) ? nil : "\(health)"
            }
        }

        @Test("the first watch of a new kind, refused until its cache is ready or not, stays a streaming list")
        func firstWatch() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                var refusals = 0
                // A busy server has the cache by the time that it looks.
                for _ in 0..<3 where refusals == 0 {
                    try await cluster.withNovelties {
                        try await Watched<Novelty>.run(cluster, in: "it-novelties") { watched in
                            try await watched.waitUntilItHas([])
                            let calls = watched.calls
                            refusals = calls.count { $0.failure == .tooManyRequests }
                            #expect(calls.count == refusals + 1)
                            // Never a paged list instead: that would be refused as well.
                            #expect(calls.count { $0.isStreamingList } == calls.count)
                            #expect(calls.last?.hasEndOfInitialEvents == true)
                            _ = try await cluster.api.create(Novelty("first", in: "it-novelties"))
                            try await watched.waitUntilItHas(["first"])
                            #expect(watched.calls.count == calls.count)
                        }
                    }
                }
                print("the first watch of a new kind was refused \(refusals) times")
            }
        }

        @Test("a restart of the server costs the store nothing, and the next change arrives")
        func restart() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("restart") { namespace in
                    for name in ["a", "b"] { _ = try await cluster.api.create(Gadget(name, in: namespace)) }
                    try await Watched<Gadget>.run(cluster, in: namespace) { watched in
                        try await watched.waitUntilItHas(["a", "b"])
                        let before = watched.calls.count
                        try await environment.control("restart", "crds")
                        try await eventually("an object can be created") {
                            do {
                                _ = try await cluster.api.create(Gadget("c", in: namespace))
                                return nil
                            } catch let error as KubernetesError {
                                return error.code == .alreadyExists ? nil : "\(error)"
                            }
                        }
                        try await watched.waitUntilItHas(["a", "b", "c"], within: .seconds(60))
                        // Nothing was given up meanwhile, and nothing arrived twice.
                        #expect(watched.changes.value == ["+a", "+b", "+c"])
                        #expect(watched.calls.count > before)
                        #expect(watched.pagedLists == 0)
                        let failed = watched.metric("watch_restarts_total", reason: "failed") ?? 0
                        let ended = watched.metric("watch_restarts_total", reason: "ended") ?? 0
                        #expect(failed + ended >= 1)
                        try await waitUntilOpen(watched)
                    }
                }
            }
        }

        @Test("a definition that is deleted takes its objects along, is missed, and comes back with others")
        func definitionDeleted() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.withNovelties {
                    try await Watched<Novelty>.run(cluster, in: "it-novelties") { watched in
                        try await watched.waitUntilItHas([])
                        for name in ["a", "b"] { _ = try await cluster.api.create(Novelty(name, in: "it-novelties")) }
                        try await watched.waitUntilItHas(["a", "b"])
                        let former = watched.store.all.first?.metadata.uid
                        try await cluster.deleteDefinition(Novelty.descriptor.qualifiedName)
                        try await eventually("the kind is missed", within: .seconds(60)) {
                            let problem = watched.reflector.health.problem
                            return problem?.reason == .notServed ? nil : "\(String(describing: problem))"
                        }
                        // The server itself has said that the objects went.
                        #expect(watched.changes.value.prefix(2) == ["+a", "+b"])
                        #expect(watched.changes.value.dropFirst(2).sorted() == ["-a", "-b"])
                        #expect(watched.reflector.health.hasSynced)
                        #expect(!watched.reflector.health.isReady)

                        try await cluster.defineNovelties()
                        _ = try await cluster.api.create(Novelty("a", in: "it-novelties"))
                        try await watched.waitUntilItHas(["a"], within: .seconds(60))
                        #expect(watched.changes.value.dropFirst(4) == ["+a"])
                        #expect(watched.store.all.first?.metadata.uid != former)
                        #expect(watched.pagedLists == 0)
                        try await waitUntilOpen(watched)
                    }
                }
            }
        }
    }
}
