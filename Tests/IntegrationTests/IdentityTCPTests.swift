import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import SPIREClient
import Subprocess
import Testing

extension RealServers {
    @Suite("Identity: the SPIRE server over TCP")
    struct IdentityTCPTests {
        private static let count = 20

        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        private func run(
            _ purpose: String, settings: [String] = [],
            _ body: (String, Cluster, SPIREProcess, OperatorRun) async throws -> Void
        ) async throws {
            try await Cluster.run(in: environment) { cluster in
                try await SPIREProcess.run(in: environment) { spire in
                    let usual = ["spire.address=\(spire.address)", "spire.workloadAPI=\(spire.workloadAPI)"]
                    let (_, end) = try await OperatorRun.run(in: environment, settings: usual + settings) { run in
                        try await run.waitUntilWorking()
                        try await cluster.withNamespace(purpose) { namespace in
                            try await body(namespace, cluster, spire, run)
                            try await cluster.deleteResources(in: namespace)
                            try await eventually("all is let go") {
                                let left = try await cluster.conditions(in: namespace).count
                                return left == 0 ? nil : "\(left) left"
                            }
                        }
                    }
                    #expect(end == .exited(0))
                }
            }
        }

        /// Changes the next identity.
        private func edit(_ edits: inout Int, in namespace: String, _ cluster: Cluster) async throws {
            let key = ObjectKey(namespace: namespace, name: "app-\(edits % Self.count)")
            edits += 1
            let _: WorkloadIdentity = try await cluster.api.mergePatch(
                WorkloadIdentity.self, key, ["spec": ["x509SVID": ["ttl": .string("\(3_600 + edits)s")]]])
        }

        /// How often the operator was given an SVID or other authorities.
        private func issued(_ run: OperatorRun) throws -> Int {
            try run.messages().count { $0 == "X.509-SVID issued" }
        }

        @Test(
            "SVIDs, authorities and connections are replaced while identities change: no pass fails, nothing is restarted"
        )
        func rotation() async throws {
            try await run("tcp") { namespace, cluster, spire, run in
                for name in 0..<Self.count {
                    try await cluster.apply(Samples.identity("app-\(name)", in: namespace))
                }
                try await cluster.waitUntilReady(Self.count, in: namespace)
                // Before the agent had issued an SVID, calls could not be made.
                let started = try run.messages().count
                var edits = 0
                // The first and the last wait are for an SVID that is renewed by its age alone.
                for step in [nil, "x509-prepare", "x509-activate", "x509-taint", "x509-revoke", nil] {
                    let before = try issued(run)
                    if let step { try await spire.rotate(step) }
                    // What has been prepared or revoked is told at once; the SVID is renewed at half of its life, and one
                    // of a tainted authority at once.
                    for count in [1, 2] {
                        try await eventually("\(step ?? "no step"): the operator is given something new") {
                            try await edit(&edits, in: namespace, cluster)
                            return try issued(run) >= before + count ? nil : "it has \(before)"
                        }
                    }
                }
                try await cluster.waitUntilReady(Self.count, in: namespace)
                let wanted = (0..<Self.count).map { (name: Int) -> Int32 in
                    Int32(3_600 + (edits - 1 - name) / Self.count * Self.count + name + 1)
                }
                let ids = (0..<Self.count).map { "lanyard.production.\(namespace).app-\($0)" }
                let ttls = try await spire.administered { registry in
                    try await registry.entries(ids: ids).map { try $0.get()?.x509SVIDTTL }
                }
                #expect(ttls == wanted)
                #expect(edits > 50)
                // The emulator ends each connection after a few seconds as well.
                let failed = try run.messages().dropFirst(started).filter { message in
                    [
                        "reconcile failed", "reconcile took too long", "system is unavailable; calls are held back",
                    ].contains(message)
                }
                #expect(failed.isEmpty, "\(failed)")
                print("\(edits) edits while the operator was given \(try issued(run)) SVIDs and bundles")
            }
        }

        @Test("a server with another SPIFFE ID is told nothing, and the condition says who was expected")
        func wrongServer() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await SPIREProcess.run(in: environment) { spire in
                    let settings = [
                        "spire.address=\(spire.address)", "spire.workloadAPI=\(spire.workloadAPI)",
                        "spire.serverID=/spire/other",
                    ]
                    let (_, end) = try await OperatorRun.run(in: environment, settings: settings) { run in
                        try await run.waitUntilWorking()
                        try await cluster.withNamespace("other") { namespace in
                            try await cluster.apply(Samples.identity("app", in: namespace))
                            try await eventually("the condition says it") {
                                let conditions = try await cluster.conditions(in: namespace).first?.conditions ?? []
                                let synced = conditions.condition(ConditionType.entriesSynced)
                                let expected = "not believed to be spiffe://\(environment.trustDomain)/spire/other"
                                let isSaid = synced?.message.contains(expected) == true
                                return isSaid && synced?.reason == "SPIREUnavailable"
                                    ? nil : "\(synced?.reason ?? ""): \(synced?.message ?? "nothing")"
                            }
                            #expect(try await run.get("readyz", from: "health").status == 200)
                        }
                    }
                    #expect(end == .exited(0))
                    let entries = try await spire.administered { try await $0.allEntries().map(\.id) }
                    #expect(entries == [SPIREProcess.operatorEntry])
                }
            }
        }
    }
}
