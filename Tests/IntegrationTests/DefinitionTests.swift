import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Subprocess
import Testing

extension RealServers {
    @Suite("Definitions")
    struct DefinitionTests {
        private static let settings = [
            "leaderElection.leaseDuration=180s", "leaderElection.renewDeadline=170s", "leaderElection.retryPeriod=2s",
            "reconcile.resyncInterval=2s",
        ]
        private static let names = ["first", "second"]

        @Test("definitions that vanish with their objects cost nobody the access, and can come back without a restart")
        func vanished() async throws {
            let environment = try TestEnvironment()
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    let (messages, end) = try await OperatorRun.run(in: environment, settings: Self.settings) { run in
                        try await run.waitUntilWorking()
                        try await check(environment, cluster, spire, run)
                        return try run.messages()
                    }
                    #expect(end == .exited(0))
                    #expect(messages.count { $0 == "lanyard starts" } == 1)
                }
            }
        }

        private func check(
            _ environment: TestEnvironment, _ cluster: Cluster, _ spire: Spire, _ run: OperatorRun
        ) async throws {
            let bao = Bao(environment: environment)
            try await cluster.withNamespace("definitions") { namespace in
                try await apply(in: namespace, cluster)
                try await cluster.waitUntilReady(4, in: namespace)
                let before = try await external(in: namespace, spire, bao)
                #expect(before.objects.count == 4)
                #expect(before.entries.count == 2)
                let logs = try WriteLogs(environment)
                do {
                    // Without the finalizers nobody waits for a clean-up: the objects are gone from one moment to the next.
                    try run.send(.suspend)
                    try await cluster.removeFinalizers(in: namespace)
                    for plural in ["vaultrolebindings", "workloadidentities"] {
                        try await cluster.deleteDefinition("\(plural).lanyard.dev")
                    }
                    try run.send(.resume)
                    for plural in ["vaultrolebindings", "workloadidentities"] {
                        try await run.waitFor("that \(plural) are not served", within: .seconds(60)) { line in
                            line["resource"]?.string == "\(plural).lanyard.dev"
                                && line["message"]?.string == "source is not up to date"
                                && line["reason"]?.string == "NotServed"
                        }
                    }
                    #expect(try await external(in: namespace, spire, bao) == before)
                } catch {
                    try await define(environment)
                    throw error
                }
                try await define(environment)
                try await apply(in: namespace, cluster)
                try await cluster.waitUntilReady(4, in: namespace, within: .seconds(60))
                #expect(try await external(in: namespace, spire, bao) == before)
                // Not even written anew: the records of the former objects are inherited, and the entries at most marked.
                #expect(try logs.vault(pathContaining: namespace) == [])
                let marks = before.entries.values.map { WriteLogs.EntryWrite(method: "BatchUpdateEntry", id: $0.id) }
                let writes = try logs.spire(idContaining: namespace)
                #expect(Set(writes).isSubset(of: marks) && writes.count <= marks.count, "\(writes)")

                try await cluster.deleteResources(in: namespace)
                try await eventually("what was made is gone") {
                    let left = try await external(in: namespace, spire, bao)
                    return left == External() ? nil : "\(left.objects.count) objects, \(left.entries.count) entries"
                }
            }
        }

        private func define(_ environment: TestEnvironment) async throws {
            try await environment.kubectl(
                "apply", "--validate=false", "-f", "\(TestEnvironment.repository)/crds")
            try await environment.kubectl(
                "wait", "--for=condition=Established", "--timeout=30s", "-f", "\(TestEnvironment.repository)/crds")
        }

        private func apply(in namespace: String, _ cluster: Cluster) async throws {
            for name in Self.names {
                try await cluster.apply(Samples.identity(name, in: namespace))
                try await cluster.apply(Samples.binding(name, in: namespace))
            }
        }

        /// Everything that the resources of these names have made, without the mark that an heir puts on an entry (rule own-37).
        private func external(in namespace: String, _ spire: Spire, _ bao: Bao) async throws -> External {
            var found = External()
            for name in Self.names {
                let full = "lanyard.production.\(namespace).\(name)"
                for path in ["sys/policies/acl/\(full)", "auth/kubernetes/role/\(full)"] {
                    found.objects[path] = try await bao.read(path)
                }
                var entry = try await spire.entry(of: ObjectKey(namespace: namespace, name: name))
                entry?.expiresAt = 0
                entry?.revisionNumber = 0
                found.entries[name] = entry
            }
            return found
        }

        private struct External: Equatable {
            var objects: [String: JSONValue] = [:]
            var entries: [String: RegistrationEntry] = [:]
        }
    }
}
