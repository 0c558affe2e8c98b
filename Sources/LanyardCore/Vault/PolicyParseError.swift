/// Why a policy text could not be understood. The text itself is never quoted.
package struct PolicyParseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    package let line: Int
    /// What was wrong there.
    package let message: String

    package var description: String { "line \(line): \(message)" }
}
