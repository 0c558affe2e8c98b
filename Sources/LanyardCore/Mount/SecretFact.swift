/// What is known of an entry of a Secret: enough to see whether it changed, never its value.
package enum SecretFact: Equatable, Sendable {
    /// It is there.
    ///
    /// - Parameters:
    ///   - digest: keyed digest of the value.
    ///   - text: the value itself, only if the entry is not confidential.
    case found(digest: String, text: String?)
    /// There is no such Secret, or it has no such entry.
    case missing
    /// It could not be read; that is not absence.
    case failed(ConditionOutcome)
}
