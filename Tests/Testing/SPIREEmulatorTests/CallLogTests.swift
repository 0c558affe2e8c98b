import SPIREClient
import SPIREEmulator
import Testing

@Suite("CallLog")
struct CallLogTests {
    @Test("every call is a line with its method, IDs and status codes")
    func lines() async throws {
        try await EmulatorFixture.with { fixture in
            try await fixture.serving { _ in
                let connection = try SPIREServerConnection(
                    address: .unixSocket(path: fixture.socket), fence: { .seconds(60) })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await connection.run() }
                    try await connection.checkHealth()
                    #expect(try await connection.entry(id: "nobody") == nil)
                    try await connection.delete(id: "nobody")
                    connection.beginGracefulShutdown()
                    try await group.waitForAll()
                }
            }
            let calls = try CallLog.read(fixture.callLog)
            #expect(calls.map(\.method) == ["Check", "GetEntry", "BatchDeleteEntry"])
            #expect(calls.map(\.ids) == [[], ["nobody"], ["nobody"]])
            #expect(calls.map(\.results) == [["OK"], ["NOT_FOUND"], ["NOT_FOUND"]])
            #expect(calls.map(\.items) == [1, 0, 1])
        }
    }
}
