import KubernetesModel
import Synchronization

/// Which keys fail now, and with what: a failure is news when it begins, when it becomes another one, and when it ends. What
/// is repeated with growing pauses is told once.
final class FailureLog: Sendable {
    private struct Failure {
        /// Stands for the text, which may be long.
        var digest: Int
        var count: Int
    }

    private let failing = Mutex<[ObjectKey: Failure]>([:])

    /// Takes note of a failure.
    ///
    /// - Returns: whether it is another one than before.
    func failed(_ key: ObjectKey, _ text: String) -> Bool {
        let digest = text.hashValue
        return failing.withLock { failing in
            let before = failing[key]
            failing[key] = Failure(digest: digest, count: (before?.count ?? 0) + 1)
            return before?.digest != digest
        }
    }

    /// Takes note of a success.
    ///
    /// - Returns: how many failures came before it; nil when there was none.
    func succeeded(_ key: ObjectKey) -> Int? {
        failing.withLock { $0.removeValue(forKey: key)?.count }
    }

    /// How many keys are remembered: those that fail now.
    var count: Int { failing.withLock { $0.count } }
}
