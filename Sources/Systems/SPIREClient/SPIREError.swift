/// Why the SPIRE server did not do what it was asked.
package struct SPIREError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure; switch on this, never on text.
    package var code: Code
    /// What happened, short and constant for one cause.
    package var message: String

    /// The message is for people: whoever decides looks at the code.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }

    /// What callers decide by.
    package enum Code: String, Sendable, CustomStringConvertible {
        /// No connection, no answer in time, not serving.
        case unavailable
        /// The server has so much to do for others that this write did not get its turn: nothing was sent.
        case slow
        /// The caller is no admin.
        case permissionDenied
        /// The server refuses the entry: retrying the same does not help.
        case invalidArgument
        /// A bundle that `federatesWith` names is not stored.
        case federatedBundleMissing
        /// The server failed inside.
        case serverError
        /// An answer that cannot be understood.
        case malformedAnswer
        /// This process does not lead (any more): nothing was sent.
        case fenced
        /// The task was cancelled.
        case cancelled

        package var description: String { rawValue }
    }
}
