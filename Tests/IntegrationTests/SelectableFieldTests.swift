import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Testing

extension RealServers {
    /// Field selectors on a custom resource's own fields, which servers have from 1.30 on. The client's requests can carry
    /// them, though none of its verbs asks for one.
    @Suite("Selectable fields")
    struct SelectableFieldTests {
        private let red = APIRequest.QueryItem("fieldSelector", "spec.colour=red")

        /// Runs with a namespace with two red gadgets, and with one that is blue.
        private func withGadgets(
            on server: APIServer, _ body: (String, Cluster) async throws -> Void
        ) async throws {
            try await Cluster.run(in: TestEnvironment(), on: server) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("selected") { namespace in
                    for (name, colour) in [("one", "red"), ("two", "blue"), ("three", "red")] {
                        _ = try await cluster.api.create(Gadget(name, in: namespace, colour: colour))
                    }
                    try await body(namespace, cluster)
                }
            }
        }

        private func list(
            _ selector: APIRequest.QueryItem, in namespace: String, _ cluster: Cluster
        ) async throws
            -> ObjectList<Gadget>
        {
            try JSON.decode(
                ObjectList<Gadget>.self,
                from: await cluster.api.send(
                    APIRequest(.get, Gadget.descriptor.path(namespace: namespace), query: [selector])))
        }

        /// Type and name of every event of a watch of red gadgets, except bookmarks other than the one that ends a list.
        private func watch(
            in namespace: String, from version: ResourceVersion?, isStreamingList: Bool = false, _ cluster: Cluster
        ) async throws -> [String] {
            var request = APIRequest.watch(
                Gadget.self, namespace: namespace, resourceVersion: version, timeoutSeconds: 3,
                sendsInitialEvents: isStreamingList)
            request.query.append(red)
            var seen: [String] = []
            for try await line in try await cluster.api.openWatch(request) {
                switch try WatchEvent<Gadget>(reading: line) {
                case .added(let gadget): seen.append("+\(gadget.metadata.name)")
                case .modified(let gadget): seen.append("~\(gadget.metadata.name)")
                case .deleted(let gadget): seen.append("-\(gadget.metadata.name)")
                case .bookmark(let bookmark): if bookmark.endsInitialEvents { seen.append("end") }
                case let event: Issue.record("\(event)")
                }
            }
            return seen
        }

        private func paint(_ name: String, _ colour: String, in namespace: String, _ cluster: Cluster) async throws {
            let _: Gadget = try await cluster.api.mergePatch(
                Gadget.self, ObjectKey(namespace: namespace, name: name), ["spec": ["colour": .string(colour)]])
        }

        @Test(
            "a list and a watch can be of those objects alone whose field has a value; they come and go with it",
            arguments: APIServer.allCases)
        func selected(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                let minor = try await cluster.minorVersion()
                guard minor >= 30 else { return print("1.\(minor) does not know selectable fields") }
                let before = try await list(red, in: namespace, cluster)
                #expect(before.items.map(\.metadata.name) == ["one", "three"])
                try await paint("two", "red", in: namespace, cluster)
                try await paint("one", "green", in: namespace, cluster)
                try await paint("one", "yellow", in: namespace, cluster)
                let _: Gadget = try await cluster.api.mergePatch(
                    Gadget.self, ObjectKey(namespace: namespace, name: "three"), ["metadata": ["labels": ["a": "b"]]])
                let after = try await list(red, in: namespace, cluster)
                #expect(after.items.map(\.metadata.name) == ["three", "two"])
                // What stops matching is gone for whoever watches.
                #expect(
                    try await watch(in: namespace, from: before.metadata.resourceVersion, cluster)
                        == ["+two", "-one", "~three"])
                let streamed = try await watch(in: namespace, from: nil, isStreamingList: true, cluster)
                #expect(streamed.last == "end")
                #expect(streamed.dropLast().sorted() == ["+three", "+two"])
            }
        }

        @Test(
            "a field that nobody made selectable is refused, and before 1.30 so is every one",
            arguments: APIServer.allCases)
        func refused(server: APIServer) async throws {
            try await withGadgets(on: server) { namespace, cluster in
                var selectors = [APIRequest.QueryItem("fieldSelector", "status.phase=Ready")]
                if try await cluster.minorVersion() < 30 { selectors.append(red) }
                for selector in selectors {
                    let error = await #expect(throws: KubernetesError.self) {
                        _ = try await list(selector, in: namespace, cluster)
                    }
                    #expect(error?.code == .badRequest)
                    #expect(error?.message.contains(String(selector.value.prefix { $0 != "=" })) == true)
                }
            }
        }
    }
}
