import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Testing

extension RealServers {
    /// What is assumed of server-side apply, under whose rules the operator writes status and people write resources.
    @Suite("API server contract: applying")
    struct APIServerApplyContractTests {
        /// Runs with a namespace and an applied gadget in it, owned by the manager `people`.
        private func withGadget(
            on server: APIServer, _ body: (Gadget, Cluster) async throws -> Void
        ) async throws {
            try await Cluster.run(in: TestEnvironment(), on: server) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("apply") { namespace in
                    let key = ObjectKey(namespace: namespace, name: "one")
                    try await body(
                        try await apply(["spec": ["colour": "red"]], to: key, by: "people", cluster), cluster)
                }
            }
        }

        /// Applies what is declared, without force unless told so.
        private func apply(
            _ declared: JSONValue, to key: ObjectKey, by manager: String, force: Bool = false,
            subresource: String? = nil, _ cluster: Cluster
        ) async throws -> Gadget {
            var body = declared
            body["apiVersion"] = .string(Gadget.descriptor.apiVersion)
            body["kind"] = .string(Gadget.descriptor.kind)
            var metadata = declared["metadata"] ?? [:]
            metadata["name"] = .string(key.name)
            body["metadata"] = metadata
            let answer = try await cluster.api.send(
                APIRequest(
                    .patch,
                    Gadget.descriptor.path(namespace: key.namespace, name: key.name, subresource: subresource),
                    query: [.init("fieldManager", manager), .init("force", force ? "true" : "false")],
                    contentType: "application/apply-patch+yaml", body: JSON.encode(body)))
            return try JSON.decode(Gadget.self, from: answer)
        }

        /// The operator's way.
        private func applyStatus(_ status: JSONValue, to gadget: Gadget, _ cluster: Cluster) async throws -> Gadget? {
            try await cluster.api.applyStatus(
                Gadget.self, gadget.key, uid: try #require(gadget.metadata.uid), status: status,
                fieldManager: "lanyard-tests")
        }

        /// Who owns which fields below the root: `manager: f:spec f:colour`, sorted.
        private func owners(of key: ObjectKey, _ cluster: Cluster) async throws -> [String] {
            let body = try await cluster.api.send(
                APIRequest(.get, Gadget.descriptor.path(namespace: key.namespace, name: key.name)))
            let fields = try JSON.decode(JSONValue.self, from: body)["metadata"]?["managedFields"]?.array ?? []
            return fields.map { entry in
                let names = (entry["fieldsV1"]?.object ?? [:]).sorted { $0.key < $1.key }.flatMap { name, below in
                    [name] + (below.object ?? [:]).keys.filter { $0 != "." }.sorted()
                }
                return "\(entry["manager"]?.string ?? ""): \(names.joined(separator: " "))"
            }.sorted()
        }

        @Test(
            "a field belongs to who applied it: another value is a conflict that names owner and field, unless forced",
            arguments: APIServer.allCases)
        func conflict(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                #expect(try await owners(of: gadget.key, cluster) == ["people: f:spec f:colour"])
                let other: JSONValue = ["spec": ["colour": "blue"]]
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(other, to: gadget.key, by: "others", cluster)
                }
                #expect(error?.code == .conflict)
                let cause = try #require(error?.status?.details?.causes?.first)
                #expect(cause.reason == "FieldManagerConflict")
                #expect(cause.field == ".spec.colour")
                #expect(cause.message?.contains("\"people\"") == true)
                #expect(try await cluster.api.get(Gadget.self, gadget.key) == gadget)

                let forced = try await apply(other, to: gadget.key, by: "others", force: true, cluster)
                #expect(forced.spec?.colour == "blue")
                #expect(try await owners(of: gadget.key, cluster).contains("others: f:spec f:colour"))
            }
        }

        @Test(
            "a field that its only owner leaves out goes; an object without its last field is empty, or refused as null",
            arguments: APIServer.allCases)
        func leftOut(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                _ = try await applyStatus(["phase": "Ready", "note": "gone"], to: gadget, cluster)
                let left = try await applyStatus(["phase": "Ready"], to: gadget, cluster)
                #expect(left?.status == .init(phase: "Ready", note: nil))
                // Hence no object of a status may become `{}`.
                do {
                    let empty = try await apply(["spec": [:]], to: gadget.key, by: "people", cluster)
                    #expect(empty.spec == Gadget.Spec(colour: nil))
                    print("an object that loses its last field to an apply stays, empty")
                } catch let error as KubernetesError {
                    #expect(error.code == .invalid)
                    #expect(error.status?.details?.causes?.first?.field == "spec")
                    #expect(try await cluster.api.get(Gadget.self, gadget.key)?.spec == gadget.spec)
                    print("an object that loses its last field to an apply is refused as null")
                }
            }
        }

        @Test(
            "what is applied again as it was costs no version, and the same value from another manager is shared",
            arguments: APIServer.allCases)
        func again(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let declared: JSONValue = ["spec": ["colour": "red"]]
                let same = try await apply(declared, to: gadget.key, by: "people", cluster)
                #expect(same == gadget)
                let shared = try await apply(declared, to: gadget.key, by: "others", cluster)
                #expect(shared.metadata.generation == gadget.metadata.generation)
                #expect(
                    try await owners(of: gadget.key, cluster)
                        == ["others: f:spec f:colour", "people: f:spec f:colour"])
                // Still there for the other one.
                let left = try await apply([:], to: gadget.key, by: "others", cluster)
                #expect(left.spec?.colour == "red")
            }
        }

        @Test(
            "what is declared for an identity or a version is for no other, and makes nobody",
            arguments: APIServer.allCases)
        func preconditions(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let uid: JSONValue = .string(gadget.metadata.uid ?? "")
                let version: JSONValue = .string(gadget.metadata.resourceVersion?.text ?? "")
                let blue: JSONValue = ["colour": "blue"]
                let changed = try await apply(
                    ["metadata": ["uid": uid, "resourceVersion": version], "spec": blue], to: gadget.key, by: "people",
                    cluster)
                #expect(changed.spec?.colour == "blue")
                var error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(
                        ["metadata": ["resourceVersion": version], "spec": ["colour": "green"]], to: gadget.key,
                        by: "people", cluster)
                }
                #expect(error?.code == .conflict)
                try await cluster.api.delete(Gadget.self, gadget.key, uid: gadget.metadata.uid)
                error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(
                        ["metadata": ["uid": uid], "spec": blue], to: gadget.key, by: "people", cluster)
                }
                #expect(error?.code == .conflict)
                #expect(try await cluster.api.get(Gadget.self, gadget.key) == nil)
                let namesake = try await cluster.api.create(Gadget("one", in: gadget.metadata.namespace ?? ""))
                error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(
                        ["metadata": ["uid": uid], "spec": blue], to: gadget.key, by: "people", cluster)
                }
                // An identity cannot be changed, as servers put it.
                #expect(error?.code == .conflict || error?.code == .invalid)
                #expect(try await cluster.api.get(Gadget.self, gadget.key) == namesake)
            }
        }

        @Test(
            "the operator's status leaves alone what others have in it, and takes over what it declares itself",
            arguments: APIServer.allCases)
        func status(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                _ = try await apply(
                    ["status": ["note": "theirs"]], to: gadget.key, by: "others", subresource: "status", cluster)
                let first = try await applyStatus(["phase": "Ready"], to: gadget, cluster)
                #expect(first?.status == .init(phase: "Ready", note: "theirs"))
                #expect(
                    try await owners(of: gadget.key, cluster)
                        == ["lanyard-tests: f:status f:phase", "others: f:status f:note", "people: f:spec f:colour"])
                let second = try await applyStatus(["phase": "Ready", "note": "ours"], to: gadget, cluster)
                #expect(second?.status == .init(phase: "Ready", note: "ours"))
                let third = try await applyStatus(["phase": "Ready"], to: gadget, cluster)
                #expect(third?.status == .init(phase: "Ready", note: nil))
                #expect(third?.spec == gadget.spec)
            }
        }

        @Test(
            "what the schema does not allow is invalid, with the field that is wrong; only a wrong type is called otherwise",
            arguments: APIServer.allCases)
        func invalid(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let long: JSONValue = .string(String(repeating: "x", count: 33))
                for (attempt, field) in [
                    (
                        { _ = try await apply(["spec": ["colour": long]], to: gadget.key, by: "people", cluster) },
                        "spec.colour"
                    ),
                    ({ _ = try await applyStatus(["phase": long], to: gadget, cluster) }, "status.phase"),
                    (
                        {
                            let _: Gadget = try await cluster.api.mergePatch(
                                Gadget.self, gadget.key, ["spec": ["colour": 7]])
                        }, "spec.colour"
                    ),
                ] as [(() async throws -> Void, String)] {
                    let error = await #expect(throws: KubernetesError.self) { try await attempt() }
                    #expect(error?.code == .invalid)
                    #expect(error?.httpStatus == 422)
                    #expect(error?.status?.details?.causes?.map(\.field) == [field])
                    #expect(error?.message.contains(field) == true)
                }
                // A failure of the server, it says, though it is one of the request, and asked again it says it again.
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await applyStatus(["phase": 7], to: gadget, cluster)
                }
                #expect(error?.code == .serverError)
                #expect(error?.message.contains(".status.phase") == true)
                let kept = try await cluster.api.get(Gadget.self, gadget.key)
                #expect(kept == gadget)
            }
        }
    }
}
