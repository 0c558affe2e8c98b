/// PEM blocks, or the file that holds them.
public enum PEMSource: Equatable, Sendable {
    /// The text itself; it may be a private key.
    case inline(Secret)
    /// A file that is read again when it may have been rotated.
    case file(path: String)
}
