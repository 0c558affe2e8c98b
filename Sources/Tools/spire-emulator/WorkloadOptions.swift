import ArgumentParser
import LanyardAPI
import SPIREEmulator

/// How the emulator serves processes, and how long lives what it signs.
struct WorkloadOptions: ParsableArguments {
    /// An identity that a user's processes have without an entry.
    struct FixedIdentity: ExpressibleByArgument {
        let uid: UInt32
        let id: SPIFFEID

        /// Reads `uid=spiffe://…`.
        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let uid = UInt32(parts[0]), let id = try? SPIFFEID(String(parts[1])) else {
                return nil
            }
            self.uid = uid
            self.id = id
        }
    }

    @Option(help: "Path of a socket with the Workload API of an agent. Its directory is made if it is missing.")
    var workloadSocket: String?

    @Option(
        name: .customLong("workload-agent"),
        help: "SPIFFE ID of that agent; /spire/agent/emulated of the trust domain unless it is given.")
    var agent: SPIFFEID?

    @Option(
        name: .customLong("workload"),
        help: "UID=SPIFFE-ID: what processes of a user are, beside what entries with unix:uid:UID say. Can be repeated."
    )
    var identities: [FixedIdentity] = []

    @Option(name: .customLong("x509-ttl"), help: "Lifetime in seconds of X.509-SVIDs whose entry does not say.")
    var x509TTL: Int64 = 3600

    @Option(name: .customLong("jwt-ttl"), help: "Lifetime in seconds of JWT-SVIDs whose entry does not say.")
    var jwtTTL: Int64 = 300

    @Option(name: .customLong("authority-ttl"), help: "Lifetime in seconds of authorities and JWT keys.")
    var authorityTTL: Int64 = 86400

    /// How long things live that are signed.
    var lifetimes: TrustAuthority.Lifetimes {
        var lifetimes = TrustAuthority.Lifetimes()
        lifetimes.x509SVID = x509TTL
        lifetimes.jwtSVID = jwtTTL
        lifetimes.authority = authorityTTL
        return lifetimes
    }

    /// The socket and how it is served; nil without one.
    func listener(trustDomain: TrustDomain) -> (socketPath: String, settings: WorkloadSettings)? {
        guard let workloadSocket else { return nil }
        let agentID = agent?.description ?? "spiffe://\(trustDomain.name)/spire/agent/emulated"
        var settings = WorkloadSettings(agentID: agentID)
        for identity in identities { settings.fixedIDs[identity.uid, default: []].append(identity.id.description) }
        return (workloadSocket, settings)
    }
}
