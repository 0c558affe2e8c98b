package import LanyardAPI

/// A node agent as the server knows it.
package struct Agent: Equatable, Sendable {
    package var id: SPIFFEID
    package var attestationType: String
    package var selectors: [WorkloadSelector]
    /// Seconds since 1970 at which its SVID expires.
    package var expiresAt: Int64
    package var isBanned: Bool

    /// Describes an agent.
    package init(
        id: SPIFFEID, attestationType: String, selectors: [WorkloadSelector], expiresAt: Int64, isBanned: Bool
    ) {
        self.id = id
        self.attestationType = attestationType
        self.selectors = selectors
        self.expiresAt = expiresAt
        self.isBanned = isBanned
    }
}
