import KubernetesModel
import LanyardAPI
import Metrics

/// The metrics of boundaries.
package enum BoundaryMetrics {
    /// Help texts by metric name.
    package static let help: [String: String] = [
        resources: "WorkloadIdentities and VaultRoleBindings in the namespaces that a boundary is about.",
        violating: "Resources that ask for more than their namespaces are allowed, by boundary of the namespace.",
        withdrawals: "Resources whose access was withdrawn because a boundary says so, by kind.",
    ]

    private static let resources = "lanyard_boundary_resources"
    private static let violating = "lanyard_boundary_violating_resources"
    private static let withdrawals = "lanyard_boundary_withdrawals_total"

    /// Makes the series that are known in advance, at zero, so that `increase()` sees the first withdrawal.
    static func begin() {
        for kind in LanyardKind.all where kind.author == .tenants {
            Counter(label: withdrawals, dimensions: [("kind", kind.descriptor.kind)]).increment(by: 0)
        }
    }

    static func record(resources count: Int, violating outside: Int, of boundary: String) {
        let dimensions = [("boundary", boundary)]
        Gauge(label: resources, dimensions: dimensions).record(count)
        Gauge(label: violating, dimensions: dimensions).record(outside)
    }

    static func recordWithdrawal(of kind: String) {
        Counter(label: withdrawals, dimensions: [("kind", kind)]).increment()
    }
}
