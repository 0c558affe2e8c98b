package import KubernetesModel

/// What `lanyard config check` says of a configuration that is right.
package struct ConfigurationReport: Equatable, Sendable, Encodable {
    /// What holds for a key.
    package struct Value: Equatable, Sendable, Encodable {
        /// Path in the file, joined with dots.
        package let key: String
        /// A text or a list of texts, as it was written; nil when it is not given.
        package let value: JSONValue?
        /// Where it comes from; nil when it is not given.
        package let source: String?
    }

    /// In the order of the documentation.
    package let values: [Value]
    /// What somebody may have meant otherwise.
    package let notes: [String]
    /// The same for people: one value per line with its source, what is noted, and `OK`.
    package let text: String

    private enum CodingKeys: String, CodingKey {
        case values, notes
    }

    init(_ values: [EffectiveValue], notes: [String]) {
        self.values = values.map { effective in
            Value(
                key: effective.key.name, value: effective.value?.content.json,
                source: effective.value?.source.description)
        }
        self.notes = notes
        text = (values.map(\.line) + notes.map { "note: \($0)" } + ["OK"]).joined(separator: "\n")
    }
}

extension ConfigurationValue.Content {
    /// As programs read it.
    fileprivate var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .list(let items): .array(items.map(JSONValue.string))
        }
    }
}
