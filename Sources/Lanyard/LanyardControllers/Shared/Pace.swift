import ControllerRuntime
package import KubernetesModel

/// How often something is looked at though nothing happens.
package struct Pace: Sendable {
    let interval: Duration
    let environment: Environment

    /// A look at every interval, more or less.
    package init(every interval: Duration, in environment: Environment) {
        self.interval = interval
        self.environment = environment
    }

    /// When to look again: at its own time, varied by a fifth (rule drift-9), or sooner if something is due.
    ///
    /// - Parameter priority: of a look for no reason; nil keeps the priority that this one had.
    func next(soon: Duration? = nil, priority: WorkPriority? = nil) -> ReconcileResult {
        let rest = environment.jittered(interval, by: 0.2)
        if let soon, soon < rest { return .requeue(after: soon) }
        return .requeue(after: rest, priority: priority)
    }
}
