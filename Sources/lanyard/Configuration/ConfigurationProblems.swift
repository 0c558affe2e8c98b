/// All that is wrong with a configuration. Ends the process with exit code 1.
struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    /// Not empty; each names its source, its key, and what is expected.
    var problems: [String]

    /// One problem per line.
    var description: String {
        let title =
            problems.count == 1 ? "the configuration is invalid" : "the configuration has \(problems.count) problems"
        return "\(title)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
