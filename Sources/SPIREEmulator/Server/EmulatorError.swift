/// Why the emulator cannot start, in words for its user.
package struct EmulatorError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    /// Makes an error.
    package init(_ description: String) {
        self.description = description
    }
}
