import LanyardAPI
import LanyardCore
import LanyardOperator
import SPIREClient

/// Looks at the SPIRE server.
struct SPIREProbe: Sendable {
    let registry: any EntryRegistry
    let alias: NodeAliasConfiguration

    /// Asks for bundle and agents.
    func facts() async -> DoctorFacts.SPIRE {
        var facts = DoctorFacts.SPIRE()
        do throws(SPIREError) {
            facts.trustDomain = .seen(try await registry.bundle().trustDomain.name)
        } catch {
            facts.trustDomain = .failed(error.description)
            return facts
        }
        do throws(SPIREError) {
            let selectors = alias.isManaged ? Array(alias.selectors) : []
            facts.agents = .seen(try await registry.agents(withSelectors: selectors).count)
        } catch {
            facts.agents = .failed(error.description)
        }
        return facts
    }
}
