package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore
package import Logging
package import SPIREClient

/// Keeps the entry of the node alias, to which all `Cluster` entries are parented, where the configuration asks for it.
///
/// It has no resource of its own, so what is wrong with it shows in the log and in the `ParentResolved` of identities.
package struct NodeAliasReconciler: Reconciler {
    /// The one key that this reconciler works on.
    package static let key = ObjectKey(namespace: nil, name: "node-alias")

    let registry: any EntryRegistry
    let inventory: EntryInventory
    let entry: RegistrationEntry
    let gate: DependencyGate<SPIREError>
    let environment: Environment
    let logger: Logger

    /// Wires a reconciler; nil when the alias is somebody else's.
    ///
    /// - Throws: `SPIFFEIDError` never in practice: the server's own ID is well-formed in every trust domain.
    package init?(
        registry: any EntryRegistry, inventory: EntryInventory, alias: NodeAlias, gate: DependencyGate<SPIREError>,
        environment: Environment, logger: Logger
    ) throws(SPIFFEIDError) {
        guard let selectors = alias.managedSelectors else { return nil }
        entry = RegistrationEntry(
            id: EntryName.nodeAlias(cluster: inventory.cluster), spiffeID: alias.id,
            parentID: try SPIFFEID(trustDomain: alias.id.trustDomain, path: "/spire/server"), selectors: selectors)
        self.registry = registry
        self.inventory = inventory
        self.gate = gate
        self.environment = environment
        self.logger = logger
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        let isOurs: Bool
        do throws(SPIREError) {
            try gate.check()
            isOurs = try await converge()
        } catch {
            gate.note(error, waiting: key)
            throw error
        }
        // The shared listing sees when ours changes; somebody else's alias is not looked at there.
        return isOurs ? .done : .requeue(after: environment.jittered(.seconds(60), by: 0.2))
    }

    /// - Returns: whether the alias is ours now.
    private func converge() async throws(SPIREError) -> Bool {
        guard let actual = try await registry.entry(id: entry.id) else {
            switch try await registry.create(entry) {
            case .created:
                inventory.confirm(entry)
                logger.info("node alias created", metadata: ["entry.id": "\(entry.id)"])
                return true
            case .similarExists(let other) where other.id == entry.id:
                throw SPIREError(.serverError, "the node alias appeared while it was being created")
            case .similarExists(let other):
                // Somebody else keeps an alias that does the same; it serves, so there is nothing to add.
                logger.warning(
                    "node alias is kept by somebody else",
                    metadata: ["entry.id": "\(other.id)", "spiffe.id": "\(entry.spiffeID)"])
                return false
            case .idTaken:
                throw SPIREError(.serverError, "the node alias appeared while it was being created")
            }
        }
        let fields = EntryComparison.differences(desired: entry, actual: actual)
        guard !fields.isEmpty else {
            inventory.confirm(entry)
            return true
        }
        guard try await registry.update(entry, fields: fields) else {
            throw SPIREError(.serverError, "the node alias disappeared while it was being updated")
        }
        logger.warning(
            "node alias corrected",
            metadata: ["entry.fields": "\(fields.sorted().map(\.rawValue).joined(separator: ","))"])
        inventory.confirm(entry)
        return true
    }
}
