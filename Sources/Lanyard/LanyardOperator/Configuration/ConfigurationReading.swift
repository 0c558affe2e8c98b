import LanyardCore

/// Reads typed values and collects what is wrong with them, so that all problems are reported at once.
struct ConfigurationReading {
    private let values: [ConfigurationKey: ConfigurationValue]
    private let fileName: String
    private(set) var problems: [String]

    /// Reads from what the sources say.
    init(_ sources: ConfigurationSources) {
        values = sources.values()
        fileName = sources.fileName
        problems = sources.problems
        for key in ConfigurationKey.all where key.presence == .required && values[key] == nil {
            problem(key, "is required. \(key.help)")
        }
    }

    /// Notes what a key must be.
    mutating func problem(_ key: ConfigurationKey, _ expectation: String) {
        let place =
            switch values[key]?.source {
            case nil: fileName
            case .default: "\(fileName) (default)"
            case let source?: "\(source)"
            }
        problems.append("\(place): \(key.name): \(expectation)")
    }

    /// A text; nil if there is none. An empty one counts as not given, so that a variable can take a value away.
    mutating func text(_ key: ConfigurationKey) -> String? {
        guard case .text(let text) = values[key]?.content else { return nil }
        if !text.isEmpty { return text }
        if key.presence != .optional { problem(key, "must not be empty. \(key.help)") }
        return nil
    }

    /// A text that another type can be made of; a problem if it cannot.
    mutating func value<Value>(
        _ key: ConfigurationKey, _ expectation: String, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = text(key) else { return nil }
        if let value = parse(text) { return value }
        problem(key, expectation)
        return nil
    }

    /// The texts of a list.
    func list(_ key: ConfigurationKey) -> [String] {
        guard case .list(let items) = values[key]?.content else { return [] }
        return items
    }

    /// A number within bounds, or the key's default beside a problem.
    ///
    /// - Parameter reason: for bounds that nobody could guess.
    mutating func number(_ key: ConfigurationKey, in bounds: ClosedRange<Int>, because reason: String? = nil) -> Int {
        let expectation =
            "must be a number from \(bounds.lowerBound) to \(bounds.upperBound)" + (reason.map { ": \($0)" } ?? "")
        let number = value(key, expectation) { text in
            Int(text).flatMap { bounds.contains($0) ? $0 : nil }
        }
        return number ?? key.defaultText.flatMap { Int($0) } ?? bounds.lowerBound
    }

    /// A flag, or the key's default beside a problem.
    mutating func flag(_ key: ConfigurationKey) -> Bool {
        value(key, "must be true or false") { Bool($0) } ?? (key.defaultText == "true")
    }

    /// A duration within bounds, or the key's default beside a problem.
    mutating func duration(_ key: ConfigurationKey, in bounds: ClosedRange<Duration>) -> Duration {
        let fallback = key.defaultText.flatMap { try? VaultDuration.seconds(ofSpec: $0).get() }.map(Duration.seconds)
        guard let text = text(key) else { return fallback ?? bounds.lowerBound }
        switch VaultDuration.seconds(ofSpec: text).map(Duration.seconds) {
        case .success(let duration) where bounds.contains(duration):
            return duration
        case .success:
            let (lower, upper) = (bounds.lowerBound.components.seconds, bounds.upperBound.components.seconds)
            problem(key, "must be from \(lower)s to \(VaultDuration.text(Int(upper)))")
        case .failure(let violation):
            problem(key, violation.message)
        }
        return fallback ?? bounds.lowerBound
    }

    /// Refuses a value that this version would not act on.
    mutating func refuseOtherThanDefault(_ key: ConfigurationKey) {
        guard let text = text(key), text != key.defaultText else { return }
        problem(key, "another value than \(key.defaultText ?? "none") is not supported yet. \(key.help)")
    }

    /// All values, in the order of the documentation.
    var effective: [EffectiveValue] {
        ConfigurationKey.all.map { EffectiveValue(key: $0, value: values[$0]) }
    }
}

/// All that is wrong with a configuration. Ends the process with exit code 1.
package struct ConfigurationProblems: Error, Equatable, CustomStringConvertible {
    /// Not empty; each names its source, its key, and what is expected.
    package var problems: [String]

    /// Tells of problems.
    package init(problems: [String]) {
        self.problems = problems
    }

    /// One problem per line.
    package var description: String {
        let title =
            problems.count == 1 ? "the configuration is invalid" : "the configuration has \(problems.count) problems"
        return "\(title)\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}
