import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Testing

extension RealServers {
    @Suite("Identity: the SPIRE server is lost")
    struct IdentityServerLossTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        private var data: String { "\(environment.directory)/spire/data" }

        private func run(
            _ purpose: String, settings: [String] = [], _ body: (String, Cluster, Spire) async throws -> Void
        ) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await Spire.run(in: environment) { spire in
                    try await OperatorProcess.run(
                        in: environment, resyncInterval: "2s", settings: settings
                    ) { _, _ in
                        try await cluster.withNamespace(purpose) { namespace in
                            try await body(namespace, cluster, spire)
                            try await cluster.deleteResources(in: namespace)
                            try await eventually("all is let go") {
                                let left = try await cluster.conditions(in: namespace).count
                                return left == 0 ? nil : "\(left) left"
                            }
                        }
                    }
                }
            }
        }

        private func names(_ range: Range<Int>) -> [String] { range.map { "app-\($0)" } }

        private func expectEntries(
            _ names: [String], in namespace: String, _ spire: Spire, within limit: Duration = .seconds(20)
        ) async throws {
            try await eventually("\(names.count) entries", within: limit) {
                let ids = names.map { "lanyard.production.\(namespace).\($0)" }
                let missing = try await spire.registry.entries(ids: ids).count { try $0.get() == nil }
                return missing == 0 ? nil : "\(missing) are missing"
            }
        }

        @Test("gone in the middle of a batch, it is completed when it is back")
        func goneInBatch() async throws {
            try await SPIREWay.run(in: environment) { way in
                try await run("batch", settings: way.settings) { namespace, cluster, spire in
                    let names = names(0..<100)
                    for name in names.prefix(60) { try await cluster.apply(Samples.identity(name, in: namespace)) }
                    try await way.close()
                    for name in names.dropFirst(60) { try await cluster.apply(Samples.identity(name, in: namespace)) }
                    try await way.open()
                    try await cluster.waitUntilReady(100, in: namespace, within: .seconds(30))
                    try await expectEntries(names, in: namespace, spire)
                }
            }
        }

        @Test(
            "restored from an older copy, everything that it lost is there again, and foreign entries stay",
            .enabled(if: TestEnvironment.controlsSPIRE, "the SPIRE server is somebody else's, and so is its data"))
        func restored() async throws {
            let copy = "\(environment.directory)/spire-copy"
            try await run("restore") { namespace, cluster, spire in
                let foreign = RegistrationEntry(
                    id: "foreign-\(namespace)",
                    spiffeID: try SPIFFEID("spiffe://\(environment.trustDomain)/foreign/\(namespace)"),
                    parentID: try SPIFFEID("spiffe://\(environment.trustDomain)/ns/spire-system/sa/spire-agent"),
                    selectors: Set([WorkloadSelector("unix:uid:1")].compactMap { $0 }))
                _ = try await spire.registry.create(foreign)
                for name in names(0..<10) { try await cluster.apply(Samples.identity(name, in: namespace)) }
                try await cluster.waitUntilReady(10, in: namespace)
                try await spire.stop()
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: data, toPath: copy)
                try await spire.start()
                for name in names(10..<60) { try await cluster.apply(Samples.identity(name, in: namespace)) }
                try await cluster.waitUntilReady(60, in: namespace)
                try await spire.stop()
                try FileManager.default.removeItem(atPath: data)
                try FileManager.default.moveItem(atPath: copy, toPath: data)
                try await spire.start()
                try await expectEntries(names(0..<60), in: namespace, spire)
                try await cluster.waitUntilReady(60, in: namespace)
                #expect(try await spire.registry.entry(id: foreign.id)?.tuple == foreign.tuple)
                try await spire.registry.delete(id: foreign.id)
            }
        }

        @Test(
            "with its socket's directory replaced, it is found again without a restart of the operator",
            .enabled(if: TestEnvironment.controlsSPIRE, "the SPIRE server is somebody else's, and so is its socket"))
        func directoryReplaced() async throws {
            try await run("socket") { namespace, cluster, spire in
                try await cluster.apply(Samples.identity("app-0", in: namespace))
                try await cluster.waitUntilReady(1, in: namespace)
                try await spire.stop()
                let directory = "\(environment.directory)/spire"
                let old = "\(environment.directory)/spire-old"
                try? FileManager.default.removeItem(atPath: old)
                try FileManager.default.moveItem(atPath: directory, toPath: old)
                try FileManager.default.copyItem(atPath: old, toPath: directory)
                try await spire.start()
                try await cluster.apply(Samples.identity("app-1", in: namespace))
                try await cluster.waitUntilReady(2, in: namespace)
                try await expectEntries(names(0..<2), in: namespace, spire)
                try FileManager.default.removeItem(atPath: old)
            }
        }
    }
}
