package import SPIREClient

/// What keeps registration entries: the server, what this process knows of its entries, and the parents of entries.
package struct EntryPorts: Sendable {
    let registry: any EntryRegistry
    let inventory: EntryInventory
    let parents: ParentResolver

    /// Gathers what belongs to one server.
    package init(registry: any EntryRegistry, inventory: EntryInventory, parents: ParentResolver) {
        self.registry = registry
        self.inventory = inventory
        self.parents = parents
    }
}
