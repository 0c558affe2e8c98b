import LanyardAPI

/// Leaves out of an entry the trust domains whose bundles SPIRE does not have: it would refuse the whole entry with a bare
/// INTERNAL, and a workload without one bundle is better off than one without identity (rule spire-6).
package struct FederationPlan: Equatable, Sendable {
    /// The trust domains that entries may name now.
    package let available: Set<String>
    /// Those that are asked for and missing, in order.
    package let missing: [String]

    /// Splits what is asked for by what there is.
    ///
    /// - Parameters:
    ///   - wanted: what the spec asks for.
    ///   - stored: the trust domains whose bundles SPIRE has.
    package init(wanted: Set<String>, stored: Set<String>) {
        available = wanted.intersection(stored)
        missing = wanted.subtracting(stored).sorted()
    }

    /// The entries with what is available.
    package func applied(to entries: DesiredEntries) -> DesiredEntries {
        guard !missing.isEmpty else { return entries }
        var result = entries
        result.federate(with: available)
        return result
    }
}
