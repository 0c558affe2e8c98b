package import KubernetesModel

/// What a pass over an object is for. The same for all kinds that have something in SPIRE or Vault.
package enum Course<Desired> {
    /// It lets the object go.
    case cleanUp
    /// It touches nothing. What the object asks for, if it may have that.
    case pause(Desired?)
    /// It says why the object is not accepted.
    case refuse(Refusal)
    /// It makes what should exist.
    case converge(Desired)

    /// Decides.
    ///
    /// - Parameters:
    ///   - metadata: of the object.
    ///   - isPaused: whether its author asked for nothing to be touched, and may (rule fail-15).
    ///   - admit: says what should exist, or why not; not asked for an object that is let go, whatever its spec says.
    package init(of metadata: ObjectMeta, isPaused: Bool, admit: () -> Result<Desired, Refusal>) {
        if metadata.isBeingDeleted, !isPaused {
            self = .cleanUp
            return
        }
        switch admit() {
        case .failure(let refusal):
            // A deletion waits for the pause; what a boundary takes away does not.
            self = metadata.isBeingDeleted && !refusal.withdraws ? .pause(nil) : .refuse(refusal)
        case .success(let desired):
            self = isPaused ? .pause(desired) : .converge(desired)
        }
    }
}

extension Course: Equatable where Desired: Equatable {}
