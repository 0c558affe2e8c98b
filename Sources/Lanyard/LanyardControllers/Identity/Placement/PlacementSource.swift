package import KubernetesModel
package import LanyardCore

/// Tells where pods run. Pods and nodes are looked at only while an identity wants it.
package protocol PlacementSource: Sendable {
    /// Asks for pods and nodes to be followed, for an identity; repeated calls do no harm.
    func want(_ key: ObjectKey)

    /// An identity does not need pods and nodes any more, or is gone.
    func release(_ key: ObjectKey)

    /// The pods of a ServiceAccount that are bound to a node, and all nodes.
    ///
    /// - Parameter serviceAccount: `namespace/name`.
    /// - Throws: `PlacementUnknown` until pods and nodes have been listed: what is not known is not absent.
    func facts(serviceAccount: String) throws(PlacementUnknown) -> PlacementFacts

    /// Those of some places (`EntryName.place`) that are no node's and no pod's that counts, whatever its ServiceAccount.
    ///
    /// - Throws: `PlacementUnknown` until pods and nodes have been listed.
    func absent(_ places: Set<String>) throws(PlacementUnknown) -> Set<String>
}

/// Pods or nodes have not been listed yet.
package struct PlacementUnknown: Error, Equatable, CustomStringConvertible {
    /// Why, for the condition.
    package let description: String

    /// The text becomes part of messages.
    package init(_ description: String) {
        self.description = description
    }
}
