import KubernetesTesting

/// A way to the SPIRE server that a test takes away and gives back: the server itself is stopped where `hack/env` runs it, and
/// a proxy before it lets nobody pass where somebody else does.
struct SPIREWay: Sendable {
    /// `--set` of an operator that goes this way.
    let settings: [String]
    let close: @Sendable () async throws -> Void
    let open: @Sendable () async throws -> Void

    /// Runs while the way exists.
    static func run(in environment: TestEnvironment, _ body: (SPIREWay) async throws -> Void) async throws {
        guard !TestEnvironment.controlsSPIRE else {
            let way = SPIREWay(
                settings: [], close: { try await environment.control("stop", "spire") },
                open: { try await environment.control("start", "spire") })
            return try await body(way)
        }
        let socket = "\(environment.directory)/operator/spire-way.sock"
        try await FaultProxy.run(to: .unix(path: environment.spireSocket), on: .unix(path: socket)) { proxy in
            let way = SPIREWay(
                settings: ["spire.address=unix://\(socket)"],
                close: {
                    proxy.conduct.update { $0.admission = .end(.reset) }
                    await proxy.cut(.reset)
                }, open: { proxy.conduct.update { $0 = FaultProxy.Conduct() } })
            try await body(way)
        }
    }
}
