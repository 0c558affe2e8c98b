package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
import LanyardCore

/// Says on each IdentityBoundary whether it is valid, how many resources it covers, and how many of them are outside.
package struct BoundaryReconciler: Reconciler {
    let book: BoundaryBook
    let reporter: ObjectReporter<IdentityBoundary>
    let environment: Environment

    /// A reconciler that remembers nothing yet.
    package init(
        book: BoundaryBook, reporter: ObjectReporter<IdentityBoundary>, environment: Environment
    ) {
        self.book = book
        self.reporter = reporter
        self.environment = environment
        BoundaryMetrics.begin()
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard let cached = reporter.store.get(key), !cached.metadata.isBeingDeleted else {
            BoundaryMetrics.record(resources: 0, violating: 0, of: key.name)
            return .done
        }
        let boundary = try await reporter.whole(cached)
        let counts = book.counts(of: boundary)
        BoundaryMetrics.record(resources: counts.resources, violating: counts.violating, of: key.name)
        let accepted: ConditionOutcome
        if let violations = BoundarySet.violations(of: boundary, settings: book.settings) {
            // Every namespace that it is about has nothing from it until then.
            accepted = .fails(
                violations.reason, "the boundary allows nothing in any of its namespaces: \(violations.message)")
        } else {
            accepted = .holds(.accepted, "the boundary is valid")
        }
        var status = boundary.status ?? IdentityBoundaryStatus()
        status.observedGeneration = boundary.metadata.generation
        status.namespaces = counts.namespaces
        status.resources = counts.resources
        status.violating = counts.violating
        status.conditions = ConditionSummary.conditions(
            parts: [(ConditionType.accepted, accepted)], readyMessage: "the boundary is in force",
            generation: boundary.metadata.generation, previous: boundary.status?.conditions ?? [],
            now: environment.clock.wallTime.rfc3339)
        try await reporter.report(status, on: boundary)
        return .done
    }
}
