extension Result {
    /// What an operation returns or throws, as a value that a task can hand over.
    ///
    /// Closures of tasks call this in place of catching themselves: a result that is put together inside such a closure
    /// while it calls is miscompiled with optimisation (`hack/lib/task-result.swift`).
    package static func of(_ operation: () async throws(Failure) -> Success) async -> Self {
        do {
            return .success(try await operation())
        } catch {
            return .failure(error)
        }
    }
}
