import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SPIREEmulator

/// `spire-emulator rotate`: what an administrator of a real server does with its authorities.
struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Rotate what a running emulator signs with.",
        discussion: """
            A new authority of X.509-SVIDs is prepared, so that everybody learns of it, then activated, and at last the old \
            ones are revoked. A JWT key signs at once.
            """)

    /// One step.
    enum Step: String, ExpressibleByArgument, CaseIterable {
        case x509Prepare = "x509-prepare"
        case x509Activate = "x509-activate"
        case x509Revoke = "x509-revoke"
        case jwt
        case jwtRevoke = "jwt-revoke"

        fileprivate var request: Lanyard_Emulator_V1_RotateRequest {
            var request = Lanyard_Emulator_V1_RotateRequest()
            switch self {
            case .x509Prepare: request.x509 = .prepare
            case .x509Activate: request.x509 = .activate
            case .x509Revoke: request.x509 = .revoke
            case .jwt: request.jwt = true
            case .jwtRevoke:
                request.jwt = true
                request.revokeJwt = true
            }
            return request
        }
    }

    @Option(help: "Path of the emulator's socket.")
    var socket: String

    @Argument(help: "x509-prepare, x509-activate, x509-revoke, jwt or jwt-revoke.")
    var step: Step

    func run() async throws {
        let request = step.request
        let answer = try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        ) { client in
            try await Lanyard_Emulator_V1_Control.Client(wrapping: client).rotate(request)
        }
        print("bundle \(answer.sequenceNumber)")
    }
}
