import ControllerRuntime
package import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// What all passes over the objects of one kind share, whatever they write and where.
package struct Convergence<Object: KubernetesResource, Failure: Error & Sendable>: Sendable {
    let reporter: ObjectReporter<Object>
    let gate: DependencyGate<Failure>
    let pace: Pace

    /// Gathers what is shared.
    package init(reporter: ObjectReporter<Object>, gate: DependencyGate<Failure>, pace: Pace) {
        self.reporter = reporter
        self.gate = gate
        self.pace = pace
    }
}

/// A reconciler that keeps something in SPIRE or Vault as an object declares it.
protocol ConvergingReconciler: Reconciler {
    associatedtype Object: ConditionedResource
    associatedtype Failure: ServerFailure

    var convergence: Convergence<Object, Failure> { get }
}

extension ConvergingReconciler {
    var store: Store<Object> { convergence.reporter.store }
    var reporter: ObjectReporter<Object> { convergence.reporter }
    var gate: DependencyGate<Failure> { convergence.gate }
    var pace: Pace { convergence.pace }
    var environment: Environment { convergence.pace.environment }

    /// Says that nothing is touched; the removal of the annotation runs the object again.
    func reportPause(of object: Object) async throws {
        try await reporter.report(object.pausedStatus(now: environment.clock.wallTime.rfc3339), on: object)
    }
}

extension ConvergingReconciler where Failure == VaultError {
    /// Ends a pass that met an error. What Vault says is told on the object.
    ///
    /// - Parameter report: tells it; gets the deletion, too, if it was one that failed.
    /// - Returns: what the pass throws.
    func end(
        _ error: any Error, of object: Object, report: (VaultError, DeletionFailure?) async throws -> Void
    ) async throws -> any Error {
        let deletion = error as? DeletionFailure
        guard let failure = deletion?.error ?? error as? VaultError else { return error }
        let retry = try gate.retry(after: failure, waiting: object.key)
        try await report(failure, deletion)
        return retry
    }
}
