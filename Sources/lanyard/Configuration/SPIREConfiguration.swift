import LanyardAPI
import LanyardCore

/// How the SPIRE server is reached, and what entries are parented to.
struct SPIREConfiguration: Equatable, Sendable {
    /// `unix:///absolute/path`, the server's admin API.
    var address: String
    var nodeAlias: NodeAliasConfiguration
    /// SPIFFE ID of the agent on a node, with placeholders.
    var agentIDTemplate: PlaceholderTemplate

    /// Reads the section; nil beside a problem.
    init?(reading: inout ConfigurationReading, trustDomain: TrustDomain?) {
        for key in [ConfigurationKey.spireWorkloadAPI, .spireServerID] {
            reading.refuseOtherThanDefault(key)
        }
        let address = Self.address(&reading)
        let nodeAlias = NodeAliasConfiguration(reading: &reading, trustDomain: trustDomain)
        let agentIDTemplate = Self.agentIDTemplate(&reading, trustDomain: trustDomain)
        guard let address, let nodeAlias, let agentIDTemplate else { return nil }
        self.address = address
        self.nodeAlias = nodeAlias
        self.agentIDTemplate = agentIDTemplate
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
