import GRPCCore
import GRPCNIOTransportHTTP2Posix
package import KubernetesModel
import LanyardAPI

/// A connection to the Workload API of the node's SPIRE agent, from which this process gets SVIDs of its own. It connects
/// when it is needed, and again after every loss.
///
/// `run()` must be running for calls to be answered.
package final class WorkloadAPIConnection: JWTSVIDSource {
    /// What can be set.
    package struct Settings: Sendable {
        /// How long a call may take, and how long the first message of a stream.
        package var callTimeout = Duration.seconds(10)

        /// The defaults.
        package init() {}
    }

    private typealias Transport = HTTP2ClientTransport.Posix

    private let client: GRPCClient<Transport>
    private let settings: Settings
    private let clock: any RuntimeClock
    private let attempts: CallAttempts
    let metrics = SVIDMetrics()

    /// Prepares a connection; nothing is opened before `run()`.
    ///
    /// - Parameters:
    ///   - address: `unix://` and the absolute path of the agent's socket.
    ///   - clock: Bounds calls, and the wait for the first message of a stream.
    /// - Throws: `SPIREError` when the address cannot be used.
    package init(
        address: String, settings: Settings = Settings(), clock: any RuntimeClock = SystemClock()
    ) throws(SPIREError) {
        guard case .unixSocket(let path)? = SPIREServerAddress(address),
            let transport = try? SPIREServerAddress.unixSocket(path: path).makeTransport(tls: nil)
        else {
            throw SPIREError(.invalidArgument, "the address of the Workload API must be unix:// and an absolute path")
        }
        client = GRPCClient(transport: transport)
        self.settings = settings
        self.clock = clock
        attempts = CallAttempts(
            timeout: settings.callTimeout, now: { clock.now }, sleep: { try await clock.sleep(for: $0) })
    }

    /// Keeps the connection until the task is cancelled, or until `beginGracefulShutdown()`. Can be called once.
    ///
    /// - Throws: When the connection was run before.
    package func run() async throws {
        try await client.runConnections()
    }

    /// Lets calls in flight end, and takes no more. Streams go on: cancel the task that watches.
    package func beginGracefulShutdown() {
        client.beginGracefulShutdown()
    }

    package func jwtSVID(audience: String) async throws(SPIREError) -> JWTSVID {
        var request = WorkloadAPI_JWTSVIDRequest()
        request.audience = [audience]
        let workload = WorkloadAPI_SpiffeWorkloadAPI.Client(wrapping: client)
        do {
            let answer = try await attempts.make { [request] timeout in
                var options = CallOptions.defaults
                options.timeout = timeout
                return try await workload.fetchJWTSVID(request, metadata: Self.header, options: options)
            }
            guard let svid = answer.svids.first else {
                throw SPIREError(.malformedAnswer, "the agent sent no JWT-SVID")
            }
            let token = try JWTSVID(wire: svid)
            metrics.fetched(.jwt, isSuccess: true)
            return token
        } catch {
            let error = SPIREError(workloadCall: error)
            if error.code != .cancelled { metrics.fetched(.jwt, isSuccess: false) }
            throw error
        }
    }

    /// Hands over the X.509-SVID of this process, at once and at each rotation, until the stream ends or fails.
    ///
    /// - Throws: `SPIREError`; also when the first SVID does not come in time.
    func watchX509SVIDs(_ onUpdate: @escaping @Sendable (X509SVID) -> Void) async throws(SPIREError) {
        let workload = WorkloadAPI_SpiffeWorkloadAPI.Client(wrapping: client)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (firsts, first) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    defer { first.finish() }
                    try await workload.fetchX509SVID(.init(), metadata: Self.header) { response in
                        for try await message in response.messages {
                            onUpdate(try X509SVID(wire: message))
                            first.yield()
                        }
                    }
                }
                try await self.wait(for: firsts)
                try await group.waitForAll()
            }
        } catch {
            throw SPIREError(workloadCall: error)
        }
    }

    /// Waits until something comes, or nothing can come any more.
    ///
    /// - Throws: `SPIREError` with `unavailable` when nothing comes in time.
    private func wait(for events: AsyncStream<Void>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in events { return } }
            group.addTask {
                try await self.clock.sleep(for: self.settings.callTimeout)
                throw SPIREError(.unavailable, "the SPIRE agent did not answer in time")
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Keeps requests that somebody tricked this process into from being answered (SPIFFE Workload API, §4.2).
    private static var header: Metadata { ["workload.spiffe.io": "true"] }
}

extension SPIREError {
    /// The error that a failed call to the Workload API means.
    init(workloadCall error: any Error) {
        if error is CancellationError || Task.isCancelled {
            self = .taskCancelled
        } else if let error = error as? SPIREError {
            self = error
        } else if let error = error as? RPCError {
            switch error.code {
            case .permissionDenied:
                self.init(.permissionDenied, "the SPIRE agent has no identity for this process")
            case .unavailable, .deadlineExceeded, .cancelled:
                self.init(.unavailable, "the SPIRE agent cannot be reached")
            case .invalidArgument where error.cause == nil:
                self.init(.invalidArgument, String(error.message.prefix(200)))
            case .invalidArgument:
                self.init(.malformedAnswer, "an answer of the SPIRE agent does not decode")
            default:
                self.init(.serverError, "the SPIRE agent failed with \(StatusCode.name(Int32(error.code.rawValue)))")
            }
        } else {
            self.init(.unavailable, "the connection to the SPIRE agent is not open")
        }
    }
}
