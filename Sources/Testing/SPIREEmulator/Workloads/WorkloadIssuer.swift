import FoundationEssentials
import LanyardAPI
import SPIREClient

/// The agent behind the Workload API: decides which SVIDs a process gets, and has them signed.
struct WorkloadIssuer: Sendable {
    /// An identity that a process has.
    struct Identity: Equatable, Sendable {
        /// Empty for one that the configuration gives.
        var entryID = ""
        var revision: Int64 = 0
        var spiffeID: String
        var x509SVIDTTL: Int32 = 0
        var jwtSVIDTTL: Int32 = 0
        var dnsNames: [String] = []
        var federatesWith: [String] = []
        var hint = ""
        var includesTokenID = false
    }

    let state: EmulatorState
    let settings: WorkloadSettings

    /// What a process is. What a real agent finds out beyond user and group, here somebody says.
    private func selectors(uid: UInt32, gid: UInt32) -> Set<StoredEntry.Selector> {
        state.attestedSelectors(uid: uid).union([
            .init(type: "unix", value: "uid:\(uid)"), .init(type: "unix", value: "gid:\(gid)"),
        ])
    }

    /// The identities of a process: of the entries that the agent serves and whose selectors it has, and those that the
    /// configuration gives. Of several with one hint only the oldest counts (rule spire-21).
    func identities(uid: UInt32, gid: UInt32) -> [Identity] {
        let selectors = selectors(uid: uid, gid: gid)
        var hints: Set<String> = []
        var found: [Identity] = []
        for entry in state.authorizedEntries(agentID: settings.agentID) where selectors.isSuperset(of: entry.selectors)
        {
            guard entry.hint.isEmpty || hints.insert(entry.hint).inserted else { continue }
            found.append(
                Identity(
                    entryID: entry.id, revision: entry.revisionNumber, spiffeID: entry.spiffeID,
                    x509SVIDTTL: entry.x509SVIDTTL, jwtSVIDTTL: entry.jwtSVIDTTL, dnsNames: entry.dnsNames,
                    federatesWith: entry.federatesWith, hint: entry.hint,
                    includesTokenID: entry.additionalAttributes?.jwtSVIDIncludeJTI ?? false))
        }
        found += (settings.fixedIDs[uid] ?? []).map { Identity(spiffeID: $0) }
        return found
    }

    /// X.509-SVIDs of these identities, and when the first of them should be replaced (seconds since 1970).
    ///
    /// - Throws: When one cannot be made.
    func x509SVIDs(
        of identities: [Identity]
    ) throws -> (response: WorkloadAPI_X509SVIDResponse, renewalAt: Int64) {
        let now = state.now()
        var response = WorkloadAPI_X509SVIDResponse()
        var renewalAt = Int64.max
        let bundle = try ownAuthorities()
        for identity in identities {
            let svid = try state.withAuthority { authority in
                try authority.issueX509SVID(
                    identity.spiffeID, dnsNames: identity.dnsNames, lifetime: Int64(identity.x509SVIDTTL), now: now)
            }
            var wire = WorkloadAPI_X509SVID()
            wire.spiffeID = svid.spiffeID
            wire.x509Svid = Data(svid.certificate)
            wire.x509SvidKey = Data(svid.key)
            wire.bundle = bundle
            wire.hint = identity.hint
            response.svids.append(wire)
            // Half of its life, as a real agent.
            renewalAt = min(renewalAt, now + max(1, (svid.expiresAt - now) / 2))
        }
        for name in Set(identities.flatMap(\.federatesWith)) {
            guard let bundle = state.withDatastore({ $0.bundles[name] }) else { continue }
            response.federatedBundles["spiffe://\(name)"] = Self.concatenated(bundle)
        }
        return (response, renewalAt)
    }

    /// JWT-SVIDs of these identities.
    ///
    /// - Throws: When one cannot be made.
    func jwtSVIDs(of identities: [Identity], audience: [String]) throws -> WorkloadAPI_JWTSVIDResponse {
        let now = state.now()
        var response = WorkloadAPI_JWTSVIDResponse()
        for identity in identities {
            var wire = WorkloadAPI_JWTSVID()
            wire.spiffeID = identity.spiffeID
            wire.hint = identity.hint
            let tokenID = identity.includesTokenID ? state.withDatastore { $0.makeID() } : nil
            wire.svid = try state.withAuthority { authority in
                try authority.issueJWTSVID(
                    identity.spiffeID, audience: audience, lifetime: Int64(identity.jwtSVIDTTL), now: now,
                    tokenID: tokenID)
            }
            response.svids.append(wire)
        }
        return response
    }

    /// The bundles that a process with these identities may have, by the ID of the trust domain.
    ///
    /// - Throws: Never in practice.
    func x509Bundles(of identities: [Identity]) throws -> [String: Data] {
        let trustDomain = state.withDatastore { $0.trustDomain }
        var bundles = ["spiffe://\(trustDomain.name)": try ownAuthorities()]
        for name in Set(identities.flatMap(\.federatesWith)) {
            guard let bundle = state.withDatastore({ $0.bundles[name] }) else { continue }
            bundles["spiffe://\(name)"] = Self.concatenated(bundle)
        }
        return bundles
    }

    private func ownAuthorities() throws -> Data { Self.concatenated(try state.ownBundle()) }

    private static func concatenated(_ bundle: WireBundle) -> Data {
        bundle.x509Authorities.reduce(into: Data()) { $0 += $1.asn1 }
    }
}

/// How the emulated agent serves processes.
package struct WorkloadSettings: Sendable {
    /// `spiffe://…/spire/agent/…`: the agent that the socket belongs to. It need not be attested to serve what is parented
    /// to it.
    package var agentID: String
    /// SPIFFE IDs that processes have without an entry, by user.
    package var fixedIDs: [UInt32: [String]] = [:]
    /// How soon a change is seen; a real agent takes 5 s.
    package var syncInterval = Duration.milliseconds(500)

    /// Serves what the agent of this ID would.
    package init(agentID: String) {
        self.agentID = agentID
    }
}
