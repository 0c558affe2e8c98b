public import FoundationEssentials

/// Takes the body of an answer as it arrives.
public protocol AnswerBody: Sendable {
    /// Forgets what has arrived so far: the body begins, perhaps once more.
    func begin()

    /// Takes what comes next.
    ///
    /// - Throws: `KubernetesError` when the body is not what was asked for.
    func take(_ chunk: Data) throws
}
