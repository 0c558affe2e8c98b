import FoundationEssentials
package import SPIREClient
package import SwiftProtobuf

/// What the filters of ListAgents and CountAgents have in common: everything.
package protocol AgentFilterMessage {
    var byAttestationType: String { get }
    var hasBySelectorMatch: Bool { get }
    var bySelectorMatch: Spire_Api_Types_SelectorMatch { get }
    var hasByBanned: Bool { get }
    var byBanned: Google_Protobuf_BoolValue { get }
    var hasByCanReattest: Bool { get }
    var byCanReattest: Google_Protobuf_BoolValue { get }
    var byExpiresBefore: String { get }
}

extension Spire_Api_Server_Agent_V1_ListAgentsRequest.Filter: AgentFilterMessage {}
extension Spire_Api_Server_Agent_V1_CountAgentsRequest.Filter: AgentFilterMessage {}

/// A checked filter of agents. All parts that are set must match.
struct AgentQuery: Sendable {
    private var attestationType: String?
    private var selectors: SetMatch<StoredEntry.Selector>?
    private var isBanned: Bool?
    private var canReattest: Bool?
    /// Seconds since 1970.
    private var expiresBefore: Int64?

    /// Matches everything.
    init() {}

    /// Checks a filter.
    ///
    /// - Throws: `CallFailure` with `INVALID_ARGUMENT`.
    init(_ filter: some AgentFilterMessage) throws(CallFailure) {
        if !filter.byAttestationType.isEmpty { attestationType = filter.byAttestationType }
        if filter.hasBySelectorMatch {
            do {
                selectors = SetMatch(
                    try EntryRules.selectors(filter.bySelectorMatch.selectors),
                    SetRelation(filter.bySelectorMatch.match))
            } catch {
                throw error.wrapped("failed to parse selectors")
            }
        }
        if filter.hasByBanned { isBanned = filter.byBanned.value }
        if filter.hasByCanReattest { canReattest = filter.byCanReattest.value }
        expiresBefore = Self.seconds(filter.byExpiresBefore)
    }

    /// Whether an agent matches.
    func matches(_ agent: Spire_Api_Types_Agent) -> Bool {
        if let attestationType, agent.attestationType != attestationType { return false }
        if let isBanned, agent.banned != isBanned { return false }
        if let canReattest, agent.canReattest != canReattest { return false }
        if let expiresBefore, agent.x509SvidExpiresAt >= expiresBefore { return false }
        guard let selectors else { return true }
        return selectors.matches(agent.selectors.map { StoredEntry.Selector(type: $0.type, value: $0.value) })
    }

    /// Reads `2006-01-02 15:04:05 -0700 -07`; what does not parse is no filter, as in the real server.
    private static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 4, parts[2].utf8.count == 5 else { return nil }
        let text = "\(parts[0])T\(parts[1])\(parts[2].prefix(3)):\(parts[2].suffix(2))"
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        return Int64(date.timeIntervalSince1970)
    }
}
