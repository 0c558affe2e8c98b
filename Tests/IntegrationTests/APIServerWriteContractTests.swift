import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Testing

extension RealServers {
    /// What client and runtime assume of an API server when they write. Holds for every server that is there.
    @Suite("API server contract: writing")
    struct APIServerWriteContractTests {
        private static let finalizer = "it.lanyard.dev/test"

        /// Runs with a namespace and a gadget in it.
        private func withGadget(
            on server: APIServer = .whole, _ body: (Gadget, Cluster) async throws -> Void
        ) async throws {
            try await Cluster.run(in: TestEnvironment(), on: server) { cluster in
                try await cluster.serveGadgets()
                try await cluster.withNamespace("contract") { namespace in
                    try await body(try await cluster.api.create(Gadget("one", in: namespace, colour: "red")), cluster)
                }
            }
        }

        private func apply(
            _ status: JSONValue, to gadget: Gadget, uid: String? = nil, over version: ResourceVersion? = nil,
            _ cluster: Cluster
        ) async throws -> Gadget? {
            try await cluster.api.applyStatus(
                Gadget.self, gadget.key, uid: try #require(uid ?? gadget.metadata.uid), resourceVersion: version,
                status: status, fieldManager: "lanyard-tests")
        }

        private func stored(_ key: ObjectKey, _ cluster: Cluster) async throws -> Gadget? {
            try await cluster.api.get(Gadget.self, key)
        }

        /// The same name with another identity.
        private func replaced(_ gadget: Gadget, _ cluster: Cluster) async throws -> Gadget {
            try await cluster.api.delete(Gadget.self, gadget.key, uid: gadget.metadata.uid)
            return try await cluster.api.create(
                Gadget(gadget.metadata.name, in: gadget.metadata.namespace ?? "", colour: "green"))
        }

        @Test(
            "an applied status changes nothing else, goes where it is left out, and costs no version when equal",
            arguments: APIServer.allCases)
        func status(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let first = try #require(
                    try await apply(["phase": "Ready", "note": "hello"], to: gadget, cluster))
                #expect(first.status == .init(phase: "Ready", note: "hello"))
                #expect(first.spec == gadget.spec)
                #expect(first.metadata.generation == gadget.metadata.generation)
                #expect(first.metadata.resourceVersion != gadget.metadata.resourceVersion)
                let same = try await apply(["phase": "Ready", "note": "hello"], to: gadget, cluster)
                #expect(same?.metadata.resourceVersion == first.metadata.resourceVersion)
                let less = try await apply(["phase": "Ready"], to: gadget, cluster)
                #expect(less?.status == .init(phase: "Ready", note: nil))
            }
        }

        @Test(
            "a status made for another version, or for a namesake, is a conflict; one for nobody makes nobody",
            arguments: APIServer.allCases)
        func namesake(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let changed: Gadget = try await cluster.api.mergePatch(
                    Gadget.self, gadget.key, ["spec": ["colour": "blue"]])
                var error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(
                        ["phase": "Old"], to: gadget, over: gadget.metadata.resourceVersion, cluster)
                }
                #expect(error?.code == .conflict)
                let namesake = try await replaced(changed, cluster)
                // The version protects the namesake.
                error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(["phase": "Old"], to: gadget, over: changed.metadata.resourceVersion, cluster)
                }
                #expect(error?.code == .conflict)
                #expect(try await stored(namesake.key, cluster) == namesake)
                // The identity alone is at least noticed, though some servers have written then.
                error = await #expect(throws: KubernetesError.self) {
                    _ = try await apply(["phase": "Old"], to: gadget, cluster)
                }
                #expect(error?.code == .conflict)
                let after: Gadget? = try await cluster.api.get(Gadget.self, namesake.key)
                print("a status with a wrong uid \(after?.status == nil ? "was not" : "was") written to the namesake")

                try await cluster.api.delete(Gadget.self, namesake.key, uid: namesake.metadata.uid)
                #expect(try await apply(["phase": "Old"], to: gadget, cluster) == nil)
                #expect(try await stored(gadget.key, cluster) == nil)
            }
        }

        private func patch(
            _ gadget: Gadget, from stored: JSONValue = [:], to status: JSONValue, _ cluster: Cluster
        ) async throws -> ObjectMeta? {
            try await cluster.api.patchStatus(
                Gadget.self, gadget.key, uid: try #require(gadget.metadata.uid),
                over: try #require(gadget.metadata.resourceVersion), from: stored, to: status)
        }

        @Test(
            "a patched status is for the version that was seen, takes away what it says, and changes nothing else",
            arguments: APIServer.allCases)
        func patchedStatus(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let both: JSONValue = ["phase": "Pending", "note": "hello"]
                let metadata = try #require(try await patch(gadget, to: both, cluster))
                let first = try #require(try await stored(gadget.key, cluster))
                #expect(first.status == .init(phase: "Pending", note: "hello") && first.spec == gadget.spec)
                #expect(first.metadata.generation == gadget.metadata.generation)
                #expect(metadata.uid == gadget.metadata.uid)
                #expect(metadata.resourceVersion == first.metadata.resourceVersion)
                var error = await #expect(throws: KubernetesError.self) {
                    _ = try await patch(gadget, to: ["phase": "Old"], cluster)
                }
                #expect(error?.code == .conflict)
                _ = try await patch(first, from: both, to: ["phase": "Ready"], cluster)
                let second = try #require(try await stored(gadget.key, cluster))
                #expect(second.status == .init(phase: "Ready", note: nil))
                let same = try await patch(second, from: ["phase": "Ready"], to: ["phase": "Ready"], cluster)
                #expect(same?.resourceVersion == second.metadata.resourceVersion)
                // What was applied under the same name before is taken away as well.
                let applied = try #require(
                    try await apply(["phase": "Ready", "note": "applied"], to: gadget, cluster))
                _ = try await patch(
                    applied, from: ["phase": "Ready", "note": "applied"], to: ["phase": "Ready"], cluster)
                #expect(try await stored(gadget.key, cluster)?.status == .init(phase: "Ready", note: nil))
                let namesake = try await replaced(gadget, cluster)
                error = await #expect(throws: KubernetesError.self) {
                    _ = try await patch(second, to: ["phase": "Old"], cluster)
                }
                #expect(error?.code == .conflict)
                #expect(try await stored(namesake.key, cluster) == namesake)
                try await cluster.api.delete(Gadget.self, namesake.key, uid: namesake.metadata.uid)
                #expect(try await patch(second, to: ["phase": "Old"], cluster) == nil)
            }
        }

        @Test(
            "a JSON patch whose test fails changes nothing and is told from an absent object",
            arguments: APIServer.allCases)
        func patchTest(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let path = JSONPatch.pointer("spec", "colour")
                let error = await #expect(throws: KubernetesError.self) {
                    let _: Gadget = try await cluster.api.patch(
                        Gadget.self, gadget.key,
                        JSONPatch([.test(path: path, value: "green"), .replace(path: path, value: "blue")]))
                }
                #expect(error?.code == .invalid)
                let unchanged = try await stored(gadget.key, cluster)
                #expect(unchanged == gadget)
                let absent = await #expect(throws: KubernetesError.self) {
                    let _: Gadget = try await cluster.api.patch(
                        Gadget.self, ObjectKey(namespace: gadget.metadata.namespace, name: "absent"),
                        JSONPatch([.test(path: path, value: "green")]))
                }
                #expect(absent?.code == .notFound)
            }
        }

        @Test(
            "a finalizer is added to the version that was seen alone, and not to an object that is being deleted",
            arguments: APIServer.allCases)
        func finalizers(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let changed: Gadget = try await cluster.api.mergePatch(
                    Gadget.self, gadget.key, ["metadata": ["labels": ["a": "b"]]])
                let stale = await #expect(throws: KubernetesError.self) {
                    _ = try await cluster.api.addFinalizer(Self.finalizer, to: gadget)
                }
                #expect(stale?.code == .invalid || stale?.code == .conflict)
                let held = try await cluster.api.addFinalizer(Self.finalizer, to: changed)
                #expect(held.metadata.finalizers == [Self.finalizer])

                try await cluster.api.delete(Gadget.self, held.key, uid: held.metadata.uid)
                let leaving = try #require(try await cluster.api.get(Gadget.self, held.key))
                #expect(leaving.metadata.isBeingDeleted)
                let generations = (before: held.metadata.generation ?? 0, after: leaving.metadata.generation ?? 0)
                #expect(generations.after > generations.before)
                let late = await #expect(throws: KubernetesError.self) {
                    let _: Gadget = try await cluster.api.patch(
                        Gadget.self, held.key,
                        JSONPatch([.add(path: JSONPatch.pointer("metadata", "finalizers", "-"), value: "late/late")]))
                }
                #expect(late?.code == .invalid || late?.code == .forbidden)

                // Taken off as it stands in the list that is stored, not in the one that was seen.
                let other = try await cluster.api.get(Gadget.self, held.key)
                try await cluster.api.removeFinalizer(Self.finalizer, from: try #require(other))
                #expect(try await stored(held.key, cluster) == nil)
                try await cluster.api.removeFinalizer(Self.finalizer, from: leaving)
            }
        }

        @Test(
            "a finalizer is not taken off a namesake, and not at an index where another one stands by now",
            arguments: APIServer.allCases)
        func foreignFinalizers(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let held = try await cluster.api.addFinalizer(Self.finalizer, to: gadget)
                let _: Gadget = try await cluster.api.mergePatch(
                    Gadget.self, held.key, ["metadata": ["finalizers": ["first/first", .string(Self.finalizer)]]])
                var error = await #expect(throws: KubernetesError.self) {
                    try await cluster.api.removeFinalizer(Self.finalizer, from: held)
                }
                #expect(error?.code == .invalid)
                let _: Gadget = try await cluster.api.mergePatch(
                    Gadget.self, held.key, ["metadata": ["finalizers": []]])
                let namesake = try await cluster.api.addFinalizer(
                    Self.finalizer, to: try await replaced(held, cluster))
                error = await #expect(throws: KubernetesError.self) {
                    try await cluster.api.removeFinalizer(Self.finalizer, from: held)
                }
                #expect(error?.code == .invalid)
                try await cluster.api.removeFinalizer(Self.finalizer, from: namesake)
            }
        }

        @Test(
            "what was meant for another version or identity is a conflict, and a name that is taken says so",
            arguments: APIServer.allCases)
        func preconditions(server: APIServer) async throws {
            try await withGadget(on: server) { gadget, cluster in
                let namesake = try await replaced(gadget, cluster)
                for attempt in [
                    { try await cluster.api.delete(Gadget.self, gadget.key, uid: gadget.metadata.uid) },
                    {
                        try await cluster.api.delete(
                            Gadget.self, gadget.key, uid: nil, resourceVersion: gadget.metadata.resourceVersion)
                    },
                    {
                        let _: Gadget = try await cluster.api.mergePatch(
                            Gadget.self, gadget.key,
                            ["metadata": ["resourceVersion": .string(gadget.metadata.resourceVersion?.text ?? "")]])
                    },
                    { _ = try await cluster.api.replace(gadget) },
                ] as [() async throws -> Void] {
                    let error = await #expect(throws: KubernetesError.self) { try await attempt() }
                    #expect(error?.code == .conflict)
                }
                let taken = await #expect(throws: KubernetesError.self) {
                    _ = try await cluster.api.create(Gadget("one", in: gadget.metadata.namespace ?? ""))
                }
                #expect(taken?.code == .alreadyExists)
                #expect(try await stored(gadget.key, cluster) == namesake)
            }
        }

        @Test("an event is created once and becomes a series by a patch")
        func eventSeries() async throws {
            try await withGadget { gadget, cluster in
                let time = WallTime(secondsSince1970: 1_767_225_600)
                var event = KubernetesEvent(
                    metadata: ObjectMeta(name: "one.1", namespace: gadget.metadata.namespace))
                event.eventTime = time.rfc3339Micro
                event.reportingController = "lanyard.dev/tests"
                event.reportingInstance = "tests-1"
                event.action = "Test"
                event.reason = "Tested"
                event.regarding = ObjectReference(gadget)
                event.note = "as told"
                event.type = "Normal"
                _ = try await cluster.api.create(event)
                let series: JSONValue = ["count": 2, "lastObservedTime": .string(time.rfc3339Micro)]
                let patched: KubernetesEvent = try await cluster.api.mergePatch(
                    KubernetesEvent.self, event.key, ["series": series])
                #expect(patched.series == .init(count: 2, lastObservedTime: time.rfc3339Micro))
                #expect(patched.eventTime == event.eventTime)
                #expect(patched.note == "as told")
                #expect(patched.regarding?.uid == gadget.metadata.uid)
            }
        }

        @Test("a lease is patched over one version only, and keeps what others wrote into it")
        func lease() async throws {
            try await withGadget { gadget, cluster in
                let key = ObjectKey(namespace: gadget.metadata.namespace, name: "lease")
                let made = try await cluster.api.create(
                    Lease(
                        metadata: ObjectMeta(name: "lease", namespace: key.namespace, labels: ["whose": "others"]),
                        spec: .init(holderIdentity: "first", leaseDurationSeconds: 15)))
                let version: JSONValue = .string(made.metadata.resourceVersion?.text ?? "")
                let patch: (String) -> JSONValue = {
                    ["metadata": ["resourceVersion": version], "spec": ["holderIdentity": .string($0)]]
                }
                let second: Lease = try await cluster.api.mergePatch(Lease.self, key, patch("second"))
                #expect(second.spec?.holderIdentity == "second")
                #expect(second.spec?.leaseDurationSeconds == 15)
                #expect(second.metadata.labels == ["whose": "others"])
                let error = await #expect(throws: KubernetesError.self) {
                    let _: Lease = try await cluster.api.mergePatch(Lease.self, key, patch("third"))
                }
                #expect(error?.code == .conflict)
                let stored: Lease? = try await cluster.api.get(Lease.self, key)
                #expect(stored == second)
            }
        }
    }
}
