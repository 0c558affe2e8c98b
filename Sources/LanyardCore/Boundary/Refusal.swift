package import LanyardAPI

/// Why a resource is not accepted, and what that means for what exists already.
package struct Refusal: Error, Equatable, Sendable {
    /// All that is wrong.
    package let violations: SpecViolations
    /// Whether what was made for the resource is to be deleted: a boundary says `onViolation: Withdraw`.
    package let withdraws: Bool
    /// Whether it asks for something that no boundary allows, whatever else is wrong.
    package var isOutside = false

    /// Reason of the condition `Accepted`.
    package var reason: Reason { violations.reason }

    /// Message of the condition `Accepted`.
    package var message: String { violations.message }
}
