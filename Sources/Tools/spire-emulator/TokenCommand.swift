import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import LanyardAPI
import SPIREClient
import SPIREEmulator

/// `spire-emulator token`: a JWT-SVID of the process that asks, from any agent.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a JWT-SVID of this process from the Workload API of any agent.",
        discussion: """
            An agent gives the same one again until half of its life is over; for other audiences it has to get another one.
            """)

    @Option(help: "Path of the Workload API's socket.")
    var socket: String

    @Option(help: "Whom the token is for. Can be repeated.")
    var audience: [String]

    @Option(name: .customLong("spiffe-id"), help: "Who it says that the process is, where it may be several.")
    var spiffeID: SPIFFEID?

    func run() async throws {
        var request = WorkloadAPI_JWTSVIDRequest()
        request.audience = audience
        if let spiffeID { request.spiffeID = spiffeID.description }
        var options = CallOptions.defaults
        options.timeout = .seconds(10)
        let answer = try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        ) { [request, options] client in
            try await WorkloadAPI_SpiffeWorkloadAPI.Client(wrapping: client).fetchJWTSVID(
                request, metadata: ["workload.spiffe.io": "true"], options: options)
        }
        guard let svid = answer.svids.first else { throw EmulatorError("the agent sent no JWT-SVID") }
        print(svid.svid)
    }
}
