import VaultClient

/// The code of the error that an operation throws; nil when it throws none.
func code(_ operation: @Sendable () async throws -> Void) async -> VaultError.Code? {
    do {
        try await operation()
        return nil
    } catch {
        return (error as? VaultError)?.code
    }
}
