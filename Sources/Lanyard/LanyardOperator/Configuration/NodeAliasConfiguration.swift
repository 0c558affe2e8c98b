package import LanyardAPI
import LanyardCore

/// The parent of all entries with placement `Cluster`.
package struct NodeAliasConfiguration: Equatable, Sendable {
    /// The SPIFFE ID of the alias, or of one agent.
    var id: SPIFFEID
    /// Whether Lanyard keeps the alias entry itself.
    package var isManaged: Bool
    /// Node selectors of the agents that the alias stands for; not empty if it is managed.
    package var selectors: Set<WorkloadSelector>

    /// Reads the section; nil beside a problem.
    init?(reading: inout ConfigurationReading, trustDomain: TrustDomain?) {
        isManaged = reading.flag(.nodeAliasManage)
        selectors = Self.selectors(&reading)
        if isManaged, reading.list(.nodeAliasSelectors).isEmpty {
            reading.problem(
                .nodeAliasSelectors,
                "is required while spire.nodeAlias.manage is true: node selectors as type:value, such as "
                    + "k8s_psat:cluster:production")
        }
        guard let trustDomain, let id = Self.id(&reading, trustDomain: trustDomain) else { return nil }
        self.id = id
        if let violation = Self.violation(of: id, isManaged: isManaged) {
            reading.problem(.nodeAliasID, violation)
        }
    }

    private static func id(_ reading: inout ConfigurationReading, trustDomain: TrustDomain) -> SPIFFEID? {
        guard let text = reading.text(.nodeAliasID) else { return nil }
        do throws(SPIFFEIDError) {
            let id = text.hasPrefix("/") ? try SPIFFEID(trustDomain: trustDomain, path: text) : try SPIFFEID(text)
            if id.trustDomain == trustDomain, !id.path.isEmpty { return id }
            reading.problem(.nodeAliasID, "must have a path, and be in the trust domain \(trustDomain)")
        } catch .noScheme {
            reading.problem(.nodeAliasID, "must be a path that starts with /, or a full spiffe:// ID")
        } catch {
            reading.problem(.nodeAliasID, "\(error)")
        }
        return nil
    }

    /// SPIRE never creates an entry for an ID under `/spire`, and never serves one whose parent is the server.
    private static func violation(of id: SPIFFEID, isManaged: Bool) -> String? {
        guard id.isReserved else { return nil }
        if isManaged {
            return
                "must not be under /spire while spire.nodeAlias.manage is true: SPIRE keeps these IDs for itself and "
                + "refuses an alias entry for one; choose another ID, or set manage to false if it is an agent's"
        }
        return id.path.hasPrefix("/spire/agent/")
            ? nil : "must be an alias or an agent (/spire/agent/…): SPIRE never serves entries with this parent"
    }

    private static func selectors(_ reading: inout ConfigurationReading) -> Set<WorkloadSelector> {
        var selectors: Set<WorkloadSelector> = []
        for text in reading.list(.nodeAliasSelectors) {
            if let selector = WorkloadSelector(text) {
                selectors.insert(selector)
            } else {
                reading.problem(.nodeAliasSelectors, "\(Excerpt.quoting(text)) is not of the form type:value")
            }
        }
        return selectors
    }
}
