import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SPIREEmulator

/// `spire-emulator attest`: what an agent's attestors would find out about the processes of a user.
struct AttestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attest", abstract: "Say what a running emulator's agent knows of the processes of a user.",
        discussion: """
            Beside their user and group, which the kernel tells it. A real agent asks the kubelet, for example, to which pod \
            a process belongs. Without selectors nothing more is known of them.
            """)

    @Option(help: "Path of the emulator's socket.")
    var socket: String

    @Option(help: "The user's number.")
    var uid: UInt32

    @Option(name: .customLong("selector"), help: "TYPE:VALUE, such as k8s:ns:default. Can be repeated.")
    var selectors: [String] = []

    func run() async throws {
        var request = Lanyard_Emulator_V1_AttestWorkloadRequest()
        request.uid = uid
        request.selectors = selectors
        let message = request
        _ = try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        ) { client in
            try await Lanyard_Emulator_V1_Control.Client(wrapping: client).attestWorkload(message)
        }
    }
}
