import KubernetesClient
import KubernetesModel
import LanyardAPI
import NIOCore
import NIOPosix
import Subprocess
import Testing

extension RealServers {
    @Suite("Lifecycle of the process")
    struct LifecycleProcessTests {
        let environment: TestEnvironment

        init() throws { environment = try TestEnvironment() }

        @Test("SIGTERM ends controllers, then releases the lease, then ends the rest; a second one changes nothing")
        func graceful() async throws {
            try await Cluster.run(in: environment) { cluster in
                let silence = try await SilentServer.start()
                // Vault accepts connections and never answers, so that a pass is under way for ten seconds.
                let (log, end) = try await OperatorRun.run(
                    in: environment, settings: ["vault.address=http://127.0.0.1:\(silence.port)"]
                ) { run in
                    try await run.waitUntilWorking()
                    try await cluster.withNamespace("sigterm") { namespace in
                        try await cluster.apply(Samples.identity("web", in: namespace))
                        try await cluster.apply(Samples.binding("web", in: namespace))
                        try await eventually("a pass waits for Vault") {
                            let active = try await run.metric(
                                "controller_runtime_active_workers{controller=\"vaultrolebinding\"}")
                            return (active ?? 0) > 0 ? nil : "none does"
                        }
                        try run.send(.terminate)
                        try await eventually("the controllers of which no pass is under way have ended") {
                            try run.messages().count { $0 == "controller ended" } >= OperatorRun.controllers - 1
                                ? nil : "not yet"
                        }
                        try run.send(.terminate)
                        // Probes and metrics live through the drain, and the lease is still ours.
                        #expect(try await run.get("livez", from: "health").status == 200)
                        #expect(try await run.get("metrics", from: "metrics").status == 200)
                        #expect(try await cluster.lease()?.spec?.holderIdentity?.isEmpty == false)
                        try await run.waitFor("the end", within: .seconds(30)) { $0["message"] == "lanyard ended" }
                    }
                    return run.log
                }
                try await silence.stop()
                #expect(end == .exited(0), "\(log)")
                let order = try OperatorRun(log: log, pid: 0, send: { _ in }).messages().filter {
                    ["controller ended", "lease released", "lanyard ended"].contains($0)
                }
                // The one whose pass hangs is cut off when the time for passes is over.
                #expect(order.suffix(2) == ["lease released", "lanyard ended"])
                #expect(order.dropLast(2).allSatisfy { $0 == "controller ended" })
                #expect((OperatorRun.controllers - 1...OperatorRun.controllers).contains(order.count - 2), "\(order)")
                #expect(try await cluster.lease()?.spec?.holderIdentity == "")
            }
        }

        @Test("a lost lease ends the process at once, with an error, and without touching the lease of the other")
        func leadershipLost() async throws {
            try await Cluster.run(in: environment) { cluster in
                let (_, end) = try await OperatorRun.run(in: environment) { run in
                    try await run.waitUntilWorking()
                    try await cluster.giveLease(to: "somebody-else")
                    try await run.waitFor("its end") { $0["message"] == "lanyard ends" }
                    #expect(try run.messages().contains("leadership lost"))
                }
                #expect(end == .exited(1))
                #expect(try await cluster.lease()?.spec?.holderIdentity == "somebody-else")
                try await cluster.deleteLease()
            }
        }

        @Test("a standby is ready, and does not lead")
        func standby() async throws {
            try await Cluster.run(in: environment) { cluster in
                try await cluster.makeLease(holder: "somebody-else")
                let (_, end) = try await OperatorRun.run(in: environment) { run in
                    try await run.waitUntilReady()
                    #expect(try await run.metric("leader_election_master_status{name=\"lanyard\"}") == 0)
                    #expect(try await run.get("livez", from: "health").status == 200)
                }
                // It was waiting for the lease when SIGTERM came.
                #expect(end == .exited(0))
                #expect(try await cluster.lease()?.spec?.holderIdentity == "somebody-else")
                try await cluster.deleteLease()
            }
        }

        @Test("without SPIRE and Vault the operator is ready and alive")
        func withoutRemoteSystems() async throws {
            let settings = ["vault.address=http://127.0.0.1:1", "spire.address=unix:///nowhere/api.sock"]
            let (_, end) = try await OperatorRun.run(in: environment, settings: settings) { run in
                try await run.waitUntilWorking()
                let (status, body) = try await run.get("readyz?verbose", from: "health")
                #expect(status == 200)
                let caches = LanyardKind.all.map(\.descriptor.plural) + ["namespaces", "pods", "nodes"]
                let checks = ["ping", "api-server", "ledger"] + caches.map { "sync-\($0)" }
                let lines = body.split(separator: "\n").map(String.init)
                #expect(lines.dropLast().sorted() == checks.map { "[+]\($0) ok" }.sorted())
                #expect(lines.last == "readyz check passed")
                let live = try await run.get("livez?verbose", from: "health")
                #expect(live.body == "[+]ping ok\n[+]leader-election ok\n[+]workers ok\nlivez check passed\n")
                #expect(try await run.get("readyz/vault", from: "health").status == 404)
            }
            #expect(end == .exited(0))
        }
    }
}

/// Accepts connections and says nothing.
private struct SilentServer: Sendable {
    let port: Int
    private let channel: any Channel

    static func start() async throws -> SilentServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        return SilentServer(port: channel.localAddress?.port ?? 0, channel: channel)
    }

    func stop() async throws { try await channel.close() }
}
