/// Why no cluster could be configured: names the file, the entry and the field, never a value.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file that is at fault; nil when no file is.
    public let file: String?
    /// The entry within it, such as `context "dev"`.
    public let entry: String?
    /// The field of the entry.
    public let field: String?
    /// What is wrong.
    public let problem: String

    /// Describes a fault.
    public init(file: String? = nil, entry: String? = nil, field: String? = nil, problem: String) {
        self.file = file
        self.entry = entry
        self.field = field
        self.problem = problem
    }

    /// File, entry, field and problem.
    public var description: String {
        ([file, entry, field].compactMap { $0 } + [problem]).joined(separator: ": ")
    }
}
