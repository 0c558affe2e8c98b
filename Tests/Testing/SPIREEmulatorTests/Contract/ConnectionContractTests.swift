import GRPCCore
import SPIREEmulator
import Testing

@testable import SPIREClient

@Suite("Connection")
struct ConnectionContractTests {
    /// Servers in Go ping their callers for nearly every request, which a transport may take for an attack.
    @Test("a thousand calls in succession are answered on one connection")
    func manyCalls() async throws {
        try await ContractServer.with { server in
            let transport = try SPIREServerAddress.unixSocket(path: server.socket).makeTransport(tls: nil)
            try await withGRPCClient(transport: transport) { client in
                let bundles = Spire_Api_Server_Bundle_V1_Bundle.Client(wrapping: client)
                for _ in 0..<1_000 { _ = try await bundles.getBundle(.init()) }
            }
        }
    }
}
