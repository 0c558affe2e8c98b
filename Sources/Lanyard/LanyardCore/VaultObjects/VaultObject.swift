package import KubernetesModel

/// What Vault should hold at one path: what is sent, and how what is there is compared with it.
package protocol VaultObject: Equatable, Sendable {
    /// What is sent when it is written: the whole managed field set.
    var body: JSONValue { get }

    /// The fields in which an object differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    func differences(from actual: JSONValue) -> [FieldDifference]

    /// Those of the differences that a write does not take away, or must not.
    ///
    /// - Parameter isDrift: whether the object was as wanted before, so that a write would put it back.
    func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference]
}

extension VaultObject {
    /// Nothing: a write makes it as wanted.
    package func unchangeable(among differences: [FieldDifference], isDrift: Bool) -> [FieldDifference] { [] }
}

extension VaultObject {
    /// The fields that a write sets and a comparison looks at, by the names that differences have: what is known in advance of
    /// how such an object can be changed by hand.
    ///
    /// - Parameter others: fields that a comparison looks at under another name than a write sets.
    func comparedFields(besides others: [String] = []) -> Set<String> {
        // No field has such a value.
        let wrong: JSONValue = ["": ""]
        let names = (body.object ?? [:]).keys + others
        let fields = JSONValue.object(Dictionary(names.map { ($0, wrong) }, uniquingKeysWith: { first, _ in first }))
        var actual = fields
        // Where servers show the settings of mounts and of connections.
        actual["config"] = fields
        actual["connection_details"] = fields
        return Set(differences(from: actual).map(\.fieldName))
    }
}

/// One field in which an object differs from what is wanted.
package struct FieldDifference: Equatable, Sendable, Comparable {
    /// The field as the server names it, or the path of a policy rule.
    package let field: String
    /// What there is and what was wanted: `24h, wanted 1h`. Never a secret, never the text of a statement.
    package let summary: String

    /// Names a field and how it differs.
    package init(field: String, summary: String) {
        self.field = field
        self.summary = summary
    }

    /// The field without what only one object has: one of a closed set, `path` for any rule of a policy.
    package var fieldName: String { field.hasPrefix(Self.rulePrefix) ? "path" : field }

    /// How the names of a policy's rules begin.
    static let rulePrefix = "path \""

    package static func < (left: FieldDifference, right: FieldDifference) -> Bool {
        (left.field, left.summary) < (right.field, right.summary)
    }

    /// One line for conditions and events: the first differences in order, then how many more there are.
    package static func summary(_ differences: [FieldDifference], limit: Int = 10) -> String {
        let sorted = differences.sorted()
        let shown = sorted.prefix(limit).map { "\($0.field): \($0.summary)" }.joined(separator: "; ")
        return sorted.count > limit ? "\(shown); and \(sorted.count - limit) more" : shown
    }
}

extension FieldDifference {
    /// A value that somebody else wrote, made fit for one line: printable ASCII, at most 128 characters, so that it
    /// cannot carry terminal escapes or flood a condition (threat T34).
    static func display(_ text: String) -> String {
        var shown = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < 128 else { return shown + "…" }
            shown.unicodeScalars.append((0x20...0x7E).contains(scalar.value) ? scalar : "?")
        }
        return shown
    }

    /// A list that somebody else wrote, at most ten elements of it.
    static func display(_ texts: [String]) -> String {
        let shown = texts.prefix(10).map(display) + (texts.count > 10 ? ["…"] : [])
        return "[\(shown.joined(separator: ", "))]"
    }
}
