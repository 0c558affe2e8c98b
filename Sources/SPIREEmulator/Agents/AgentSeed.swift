package import FoundationEssentials

/// One agent as it is written in the file that the emulator takes its agents from.
package struct AgentSeed: Codable, Equatable, Sendable {
    /// `spiffe://trust-domain/spire/agent/…`.
    package var id: String
    package var attestationType: String
    /// Each `type:value`.
    package var selectors: [String]
    /// Seconds since 1970 at which its SVID expires.
    package var expiresAt: Int64
    package var banned: Bool

    /// Describes an agent.
    package init(id: String, attestationType: String, selectors: [String], expiresAt: Int64, banned: Bool = false) {
        self.id = id
        self.attestationType = attestationType
        self.selectors = selectors
        self.expiresAt = expiresAt
        self.banned = banned
    }

    /// Reads a JSON array of agents.
    ///
    /// - Throws: When the file cannot be read or is something else.
    package static func load(from file: URL) throws -> [AgentSeed] {
        try JSONDecoder().decode([AgentSeed].self, from: Data(contentsOf: file))
    }
}
