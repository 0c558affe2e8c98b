package import KubernetesModel

/// What Vault should hold at one path: what is sent, and how what is there is compared with it.
package protocol VaultObject: Equatable, Sendable {
    /// What is sent when it is written: the whole managed field set.
    var body: JSONValue { get }

    /// The fields in which an object differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    func differences(from actual: JSONValue) -> [FieldDifference]

    /// Those of the differences that a write does not take away, or must not.
    ///
    /// - Parameter isDrift: whether the object was as wanted before, so that a write would put it back.
    func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference]
}

extension VaultObject {
    /// Nothing: a write makes it as wanted.
    package func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference] { [] }
}
