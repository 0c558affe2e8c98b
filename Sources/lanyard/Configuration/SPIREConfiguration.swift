import LanyardAPI
import LanyardCore

/// How the SPIRE server is reached, and what entries are parented to.
struct SPIREConfiguration: Equatable, Sendable {
    /// `unix:///absolute/path`, the server's admin API.
    var address: String
    var nodeAlias: NodeAliasConfiguration

    /// Reads the section; nil beside a problem.
    init?(reading: inout ConfigurationReading, trustDomain: TrustDomain?) {
        for key in [ConfigurationKey.spireWorkloadAPI, .spireServerID, .agentIDTemplate] {
            reading.refuseOtherThanDefault(key)
        }
        let address = Self.address(&reading)
        let nodeAlias = NodeAliasConfiguration(reading: &reading, trustDomain: trustDomain)
        guard let address, let nodeAlias else { return nil }
        self.address = address
        self.nodeAlias = nodeAlias
    }

    private static func address(_ reading: inout ConfigurationReading) -> String? {
        guard let text = reading.text(.spireAddress) else { return nil }
        if text.hasPrefix("tcp://") {
            reading.problem(.spireAddress, "tcp:// is not supported yet; use unix:// and the path of the socket")
            return nil
        }
        guard text.hasPrefix("unix:///"), text.count > "unix:///".count else {
            reading.problem(.spireAddress, "must be unix:// and the absolute path of a socket")
            return nil
        }
        return text
    }
}
