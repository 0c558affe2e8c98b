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

    /// When to look again: at its own time, varied by a fifth (rule drift-9), or sooner if something is due. A look for no
    /// reason comes after all that somebody waits for (rule drift-13), however urgent this one was.
    func next(soon: Duration? = nil) -> ReconcileResult {
        let rest = environment.jittered(interval, by: 0.2)
        if let soon, soon < rest { return .requeue(after: soon) }
        return .requeue(after: rest, priority: .low)
    }
}
