/// A value of a configuration key, and where it comes from.
struct ConfigurationValue: Equatable, Sendable {
    var content: Content
    var source: Source

    /// As it was written.
    enum Content: Equatable, Sendable {
        case text(String)
        case list([String])
    }

    /// Where a value comes from; later cases are overridden by earlier ones.
    enum Source: Equatable, Sendable {
        case flag
        case environment(variable: String)
        case file(position: String)
        case `default`
    }
}

extension ConfigurationValue.Source: CustomStringConvertible {
    var description: String {
        switch self {
        case .flag: "--set"
        case .environment(let variable): variable
        case .file(let position): position
        case .default: "default"
        }
    }
}
