import KubernetesModel

extension FieldComparison {
    /// A PEM document, whose line ends and blanks at its ends do not matter. It is never shown.
    mutating func pem(_ field: String, wanted: String) {
        guard let actual = (self[field] ?? "").string else { return differs(field, "is not a text") }
        let (found, asked) = (Self.lines(ofPEM: actual), Self.lines(ofPEM: wanted))
        if found == asked { return }
        differs(field, found.isEmpty ? "is not set" : asked.isEmpty ? "is set, wanted none" : "differs")
    }

    /// A list of PEM documents in any order. They are counted, never shown.
    mutating func pems(_ field: String, wanted: [String]) {
        let values = (self[field] ?? []).array
        guard let actual = values?.compactMap(\.string), actual.count == values?.count else {
            return differs(field, "is not a list of texts")
        }
        let (found, asked) = (Set(actual.map(Self.lines)), Set(wanted.map(Self.lines)))
        if found == asked { return }
        differs(field, "\(found.subtracting(asked).count) too many, \(asked.subtracting(found).count) missing")
    }

    private static func lines(ofPEM text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty }
    }
}
