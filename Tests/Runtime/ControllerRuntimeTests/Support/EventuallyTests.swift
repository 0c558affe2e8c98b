import TestSupport
import Testing

/// Whoever waits for what does not come has to be told, or nothing that is waited for is tested.
@Suite("Waiting for a condition")
struct EventuallyTests {
    @Test("ends when it holds, and throws when it does not in time, with the place and what was waited for")
    func limit() async throws {
        var looks = 0
        try await eventually("the third look") {
            looks += 1
            return looks == 3
        }
        let error = try await #require(throws: TimedOut.self) {
            try await eventually("never", within: .zero) { false }
        }
        #expect(error.description.hasPrefix("ControllerRuntimeTests/EventuallyTests.swift:"))
        #expect(error.description.contains("never"))
    }
}
