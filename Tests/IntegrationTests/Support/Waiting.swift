import KubernetesModel
import Testing

/// Waits until a condition holds; fails the test when it does not within the time.
///
/// - Parameters:
///   - expectation: what is waited for, for the failure's message.
///   - pause: between two looks; longer where a look is work for those who are waited for.
///   - condition: returns nil when it holds, otherwise what is still wrong.
func eventually(
    _ expectation: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(50),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> String?
) async throws {
    let clock = SystemClock()
    let deadline = clock.now + limit
    var wrong: String?
    repeat {
        wrong = try await condition()
        if wrong == nil { return }
        try await clock.sleep(for: pause)
    } while clock.now < deadline
    Issue.record("\(expectation): not within \(limit); last: \(wrong ?? "")", sourceLocation: sourceLocation)
    throw NotWithinTime(expectation: expectation)
}

/// Waits until what is created from now on is younger than what there is: servers write whole seconds.
func waitForAnotherSecond() async throws {
    let clock = SystemClock()
    let end = clock.now + .seconds(1)
    try await eventually("another second") { clock.now > end ? nil : "the same" }
}

/// Ends a test whose condition did not come true.
struct NotWithinTime: Error {
    let expectation: String
}
