/// Runs a body, and afterwards clears away what it leaves on servers that all tests share: whatever became of it, and also when the
/// test was cancelled, as by its time limit.
///
/// - Throws: what the body throws; what the clearing away does only if the body did not.
func clearing<Result>(
    _ clearAway: @escaping @Sendable () async throws -> Void, after body: () async throws -> Result
) async throws -> Result {
    let result: Swift.Result<Result, any Error>
    do {
        result = .success(try await body())
    } catch {
        result = .failure(error)
    }
    // A task of its own, which nobody has cancelled.
    let end = await Task { try await clearAway() }.result
    let value = try result.get()
    try end.get()
    return value
}
