import NIOCore
import ServiceLifecycle
import Testing

@testable import LanyardOperator

@Suite("ListeningService")
struct ListeningServiceTests {
    private struct Failing: Service {
        let error: any Error
        func run() async throws { throw error }
    }

    private struct Other: Error {}

    @Test("a port that is taken is told with the key that names it")
    func taken() async throws {
        let address = try #require(ListenAddress("[::]:8080"))
        let service = ListeningService(
            Failing(error: IOError(errnoCode: 98, reason: "bind")), key: .serverMetrics, address: address)
        let error = try #require(await #expect(throws: CannotListen.self) { try await service.run() })
        #expect("\(error)" == "server.metrics: cannot listen on [::]:8080: Address already in use")
    }

    @Test("other errors stay what they are")
    func others() async throws {
        let address = try #require(ListenAddress("0.0.0.0:1"))
        let service = ListeningService(Failing(error: Other()), key: .serverHealth, address: address)
        await #expect(throws: Other.self) { try await service.run() }
    }
}
