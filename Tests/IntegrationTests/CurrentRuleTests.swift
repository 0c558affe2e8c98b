import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

extension RealServers {
    /// What a resource meets whose author breaks a rule: the server's refusal, in the form in which the client hands it on.
    @Suite("Rules on a current API server")
    struct CurrentRuleTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        private func withMount(_ spec: JSONValue, _ body: (Manifest, Cluster) async throws -> Void) async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveDefinitions()
                let mount = Manifest(VaultMount.descriptor, "it-rules", spec: spec)
                try await cluster.delete(mount)
                try await cluster.create(mount)
                try await body(mount, cluster)
                try await cluster.delete(mount)
            }
        }

        /// Checks that an error is a refusal because of a rule, and says so as logs and conditions show it.
        private func expectRefusal(_ error: KubernetesError?, of kind: String, _ rules: [String]) {
            #expect(error?.code == .invalid)
            #expect(error?.httpStatus == 422)
            let causes = error?.status?.details?.causes ?? []
            #expect(causes.map(\.field) == rules.map { _ in "spec" })
            #expect(causes.allSatisfy { $0.reason == "FieldValueInvalid" })
            let text = error.map { "\($0)" } ?? ""
            #expect(text.hasPrefix("invalid: \(kind).lanyard.dev \"it-rules\" is invalid: "), "\(text)")
            #expect(!text.contains("\n"))
            for (cause, rule) in zip(causes, rules) {
                #expect(cause.message?.hasSuffix(rule) == true, "\(cause)")
                #expect(text.contains(rule), "\(text)")
            }
        }

        @Test("type and path of a VaultMount cannot be changed, added or taken away; everything else can")
        func immutable() async throws {
            try await withMount(["type": "kv", "path": "team/kv"]) { mount, cluster in
                for (patch, rules) in [
                    (["type": "pki"], ["type cannot be changed"]), (["path": "other"], ["path cannot be changed"]),
                    (["path": .null], ["path cannot be changed"]),
                    (["type": "pki", "path": "other"], ["type cannot be changed", "path cannot be changed"]),
                ] as [(JSONValue, [String])] {
                    let error = await #expect(throws: KubernetesError.self) {
                        let _: VaultMount = try await cluster.api.mergePatch(
                            VaultMount.self, mount.key, ["spec": patch])
                    }
                    expectRefusal(error, of: "VaultMount", rules)
                }
                let error = await #expect(throws: KubernetesError.self) {
                    try await cluster.apply(
                        Manifest(VaultMount.descriptor, "it-rules", spec: ["type": "pki", "path": "team/kv"]))
                }
                expectRefusal(error, of: "VaultMount", ["type cannot be changed"])
                #expect(try await cluster.read(mount)["spec"] == mount.value["spec"])

                let changed: VaultMount = try await cluster.api.mergePatch(
                    VaultMount.self, mount.key, ["spec": ["description": "new", "type": "kv"]])
                #expect(changed.spec.description == "new")
                #expect(changed.metadata.generation == 2)
            }
        }

        @Test("the version of a KV engine cannot be changed, whether it was said or left to the default")
        func version() async throws {
            for (spec, patch) in [
                (["type": "kv", "kv": ["version": 2]], ["kv": ["version": 1]]),
                (["type": "kv"], ["kv": ["version": 1]]), (["type": "kv", "kv": ["version": 1]], ["kv": .null]),
            ] as [(JSONValue, JSONValue)] {
                try await withMount(spec) { mount, cluster in
                    let error = await #expect(throws: KubernetesError.self) {
                        let _: VaultMount = try await cluster.api.mergePatch(
                            VaultMount.self, mount.key, ["spec": patch])
                    }
                    expectRefusal(error, of: "VaultMount", ["kv.version cannot be changed"])
                }
            }
        }

        @Test("a path that was left to the name cannot be given later")
        func laterPath() async throws {
            try await withMount(["type": "kv"]) { mount, cluster in
                let error = await #expect(throws: KubernetesError.self) {
                    let _: VaultMount = try await cluster.api.mergePatch(
                        VaultMount.self, mount.key, ["spec": ["path": "it-rules"]])
                }
                expectRefusal(error, of: "VaultMount", ["path cannot be changed"])
            }
        }

        @Test("a resource that breaks several rules is told all of them, by field, and is not stored")
        func several() async throws {
            try await Cluster.run(in: environment, on: .customResources) { cluster in
                try await cluster.serveDefinitions()
                let binding = Manifest(
                    VaultRoleBinding.descriptor, "it-rules", in: "it-rules",
                    spec: ["jwtAuth": ["audiences": ["vault"]]])
                let error = await #expect(throws: KubernetesError.self) { try await cluster.create(binding) }
                expectRefusal(
                    error, of: "VaultRoleBinding",
                    [
                        "exactly one of workloadIdentityRef and serviceAccountNames must be given",
                        "jwtAuth needs workloadIdentityRef",
                    ])
                #expect(try await cluster.api.get(VaultRoleBinding.self, binding.key) == nil)
            }
        }

        @Test("a status that the schema does not know is refused with the path of the field, and changes nothing")
        func status() async throws {
            try await withMount(["type": "kv"]) { mount, cluster in
                let before = try await cluster.read(mount)
                let condition: JSONValue = [
                    "type": "Ready", "status": "Maybe", "reason": "Ready", "message": "perhaps",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                ]
                let error = await #expect(throws: KubernetesError.self) {
                    _ = try await cluster.api.applyStatus(
                        VaultMount.self, mount.key, uid: try #require(before["metadata"]?["uid"]?.string),
                        status: ["conditions": [condition]], fieldManager: "lanyard-tests")
                }
                #expect(error?.code == .invalid)
                let cause = error?.status?.details?.causes?.first
                #expect(cause?.field == "status.conditions[0].status")
                #expect(cause?.reason == "FieldValueNotSupported")
                #expect(error?.message.contains("status.conditions[0].status: Unsupported value: \"Maybe\"") == true)
                #expect(try await cluster.read(mount) == before)
            }
        }
    }
}
