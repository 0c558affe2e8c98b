/// A capability of a policy rule. The order of the cases is the order in which policy text lists them.
package enum Capability: String, CaseIterable, Hashable, Sendable {
    case create, read, update, patch, delete, list
    /// Voids every other capability of the same path.
    case deny
    /// Known so that policies that hold it can be compared; never granted.
    case sudo
    /// Recursive listing; OpenBao only.
    case scan
    /// Event notifications; Vault only.
    case subscribe
    /// Recovery from a snapshot; Vault only.
    case recover
}

extension Set<Capability> {
    /// The names in canonical order.
    package var names: [String] { Capability.allCases.filter(contains).map(\.rawValue) }
}
