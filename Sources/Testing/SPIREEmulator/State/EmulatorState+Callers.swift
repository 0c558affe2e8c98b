import LanyardAPI
import SPIREClient

extension EmulatorState {
    /// What a caller may do now: entries and agents are looked at for each call, as in the real server.
    func callerClass(of caller: Caller) -> CallerClass {
        switch caller {
        case .local: return .local
        case .anonymous, .unknown: return .anonymous
        case .process: return .plain
        case .svid(let id):
            if adminIDs.contains(id) { return .admin }
            let entries = withDatastore { $0.entries(withSPIFFEID: id) }
            if entries.contains(where: \.admin) { return .admin }
            if entries.contains(where: \.downstream) { return .downstream }
            return activeAgent(id) == nil ? .plain : .agent
        }
    }

    /// The entries that an agent serves. One that is not attested, or whose SVID has expired, has no aliases.
    package func authorizedEntries(agentID: String) -> [StoredEntry] {
        let selectors = activeAgent(agentID)?.selectors.map { StoredEntry.Selector(type: $0.type, value: $0.value) }
        return withDatastore { $0.authorizedEntries(agentID: agentID, selectors: selectors) }
    }

    private func activeAgent(_ id: String) -> Spire_Api_Types_Agent? {
        guard let wire = SPIFFEIDRules.parse(id) else { return nil }
        var request = Spire_Api_Server_Agent_V1_GetAgentRequest()
        request.id = wire
        let now = now()
        let agent: Spire_Api_Types_Agent? = withAgents { try? $0.get(request) }
        guard let agent, !agent.banned, agent.x509SvidExpiresAt > now else { return nil }
        return agent
    }

    /// What callers over TCP see, and whom they may be.
    var credentials: ServerCredentials {
        ServerCredentials(
            issue: {
                try self.withAuthority { authority in
                    try authority.issueX509SVID(
                        "spiffe://\(authority.trustDomain.name)/spire/server", now: self.now())
                }
            },
            authorities: {
                var bundles = self.withDatastore { $0.bundles.all }
                bundles.append(try self.ownBundle())
                var authorities: [TrustDomain: [[UInt8]]] = [:]
                for bundle in bundles {
                    guard let name = TrustDomain(bundle.trustDomain) else { continue }
                    authorities[name] = bundle.x509Authorities.map { Array($0.asn1) }
                }
                return authorities
            },
            admits: { id in
                id.trustDomain == self.withDatastore { $0.trustDomain } || self.adminIDs.contains(id.description)
            })
    }
}
