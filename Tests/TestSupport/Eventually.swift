/// Waits until a condition holds, by the real clock; throws when it does not in time.
///
/// - Parameters:
///   - what: What is waited for, for the failure's message.
///   - limit: Generous: on a busy machine much comes late, and a test that passes does not wait for it.
package func eventually(
    _ what: String = "the condition holds", within limit: Duration = .seconds(60), fileID: String = #fileID,
    line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw TimedOut(description: "\(fileID):\(line): \(what): not within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// A condition did not come true in time.
package struct TimedOut: Error, CustomStringConvertible {
    /// Where it was waited for, for what, and how long.
    package let description: String
}
