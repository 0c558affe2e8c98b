/// Carries single requests to a server and answers back; knows nothing of logins, retries and meanings.
protocol VaultTransport: Sendable {
    /// Sends a request.
    ///
    /// - Throws: `VaultError` with code `unavailable`, `cancelled`, `malformedAnswer` or `rejected`.
    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse

    /// Sends a request even when the calling task is cancelled: for the last one of a process.
    ///
    /// - Throws: as `send`.
    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse

    /// Closes all connections; nothing can be sent after that.
    func shutDown() async
}
