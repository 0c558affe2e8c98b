/// What came of looking at something. A failure is never taken for absence.
package enum Observation<Value: Equatable & Sendable>: Equatable, Sendable {
    case seen(Value)
    /// Why it could not be seen, fit for people.
    case failed(String)
    /// It was not looked at, because what it depends on failed.
    case skipped

    /// What was seen.
    package var value: Value? {
        guard case .seen(let value) = self else { return nil }
        return value
    }
}
