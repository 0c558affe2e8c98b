import LanyardAPI
import LanyardCore
import SPIREClient

/// How the SPIRE server is reached, and what entries are parented to.
package struct SPIREConfiguration: Equatable, Sendable {
    /// `unix:///absolute/path` of the server's admin API, or `tcp://host:port`.
    var address: String
    /// `unix:///absolute/path` of the agent's Workload API.
    var workloadAPI: String
    /// Who the server must be over TCP.
    var serverID: SPIFFEID
    /// The parent of all entries with placement `Cluster`.
    package var nodeAlias: NodeAliasConfiguration
    /// SPIFFE ID of the agent on a node, with placeholders.
    var agentIDTemplate: PlaceholderTemplate

    /// Reads the section; nil beside a problem.
    init?(reading: inout ConfigurationReading, trustDomain: TrustDomain?) {
        let address = Self.address(&reading)
        let nodeAlias = NodeAliasConfiguration(reading: &reading, trustDomain: trustDomain)
        let agentIDTemplate = Self.agentIDTemplate(&reading, trustDomain: trustDomain)
        let workloadAPI = reading.value(.spireWorkloadAPI, Self.socketExpectation) { text in
            text.hasPrefix("unix:///") && text.count > "unix:///".count ? text : nil
        }
        let serverID = trustDomain.flatMap { Self.serverID(&reading, trustDomain: $0) }
        guard let address, let workloadAPI, let serverID, let nodeAlias, let agentIDTemplate else { return nil }
        self.address = address
        self.workloadAPI = workloadAPI
        self.serverID = serverID
        self.nodeAlias = nodeAlias
        self.agentIDTemplate = agentIDTemplate
    }

    private static let socketExpectation = "must be unix:// and the absolute path of a socket"

    private static func address(_ reading: inout ConfigurationReading) -> String? {
        reading.value(.spireAddress, "\(socketExpectation), or tcp:// with host and port") { text in
            SPIREServerAddress(text) == nil ? nil : text
        }
    }

    private static func serverID(_ reading: inout ConfigurationReading, trustDomain: TrustDomain) -> SPIFFEID? {
        guard let text = reading.text(.spireServerID) else { return nil }
        do throws(SPIFFEIDError) {
            // The server of a federated trust domain may be called, too, if it takes this operator for an admin.
            let id = text.hasPrefix("/") ? try SPIFFEID(trustDomain: trustDomain, path: text) : try SPIFFEID(text)
            if !id.path.isEmpty { return id }
            reading.problem(.spireServerID, "must have a path")
        } catch .noScheme {
            reading.problem(.spireServerID, "must be a path that starts with /, or a full spiffe:// ID")
        } catch {
            reading.problem(.spireServerID, "\(error)")
        }
        return nil
    }

    /// The template, tried out with a sample node.
    private static func agentIDTemplate(
        _ reading: inout ConfigurationReading, trustDomain: TrustDomain?
    ) -> PlaceholderTemplate? {
        guard let text = reading.text(.agentIDTemplate), let trustDomain else { return nil }
        do throws(TemplateError) {
            let template = try PlaceholderTemplate(text, .agent)
            guard template.dependsOnPlacement else {
                throw TemplateError("must have {nodeUID} or {node}: each node has an agent of its own")
            }
            let sample = try template.memberID(
                with: TemplateValues(
                    namespace: "", name: "", serviceAccount: "", cluster: "cluster", trustDomain: trustDomain,
                    node: NodeFacts(name: "node", uid: "uid")))
            guard !sample.isReserved || sample.path.hasPrefix("/spire/agent/") else {
                throw TemplateError("must be the ID of an agent (/spire/agent/…) or of a node alias outside of /spire")
            }
            return template
        } catch {
            reading.problem(.agentIDTemplate, "\(error)")
            return nil
        }
    }
}
