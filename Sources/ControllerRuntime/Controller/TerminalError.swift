/// Thrown by a reconciler when repeating cannot help: counted, logged, and not retried until the object changes.
public struct TerminalError: Error, CustomStringConvertible {
    /// What is wrong.
    public let cause: any Error

    /// Marks an error as final.
    public init(_ cause: any Error) {
        self.cause = cause
    }

    /// The cause, for logs.
    public var description: String { "\(cause)" }
}
