import ArgumentParser
import SPIREClient
import SPIREEmulator

/// `spire-emulator token`: a JWT-SVID of the process that asks, from any agent.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a JWT-SVID of this process from the Workload API of any agent.")

    @Option(help: "Path of the Workload API's socket.")
    var socket: String

    @Option(help: "Whom the token is for.")
    var audience: String

    func run() async throws {
        let connection = try WorkloadAPIConnection(address: "unix://\(socket)")
        let audience = audience
        let svid = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connection.run() }
            defer { group.cancelAll() }
            return try await connection.jwtSVID(audience: audience)
        }
        print(svid.token)
    }
}
