import KubernetesModel

/// Compares the fields of one object of Vault with what is wanted, by the rules that the server's own normalisation
/// makes necessary (rule compare-1): a missing field is its zero, and a value of the wrong type differs.
struct FieldComparison {
    private let members: [String: JSONValue]
    private var found: [FieldDifference]

    /// Starts a comparison with the `data` of a read.
    init(of actual: JSONValue) {
        members = actual.object ?? [:]
        found = actual.object == nil ? [FieldDifference(field: "data", summary: "is not an object")] : []
    }

    /// What was found so far, sorted.
    var differences: [FieldDifference] { found.sorted() }

    /// The field as it was read; null counts as missing.
    subscript(field: String) -> JSONValue? {
        guard let value = members[field], value != .null else { return Optional.none }
        return value
    }

    /// For what has rules of its own: the caller has compared.
    mutating func differs(_ field: String, _ summary: String) {
        found.append(FieldDifference(field: field, summary: summary))
    }

    /// A duration in seconds, in any form that the server uses.
    mutating func duration(_ field: String, wanted: Int) {
        guard let actual = VaultDuration.seconds(self[field]) else {
            return differs(field, "is not a duration, wanted \(VaultDuration.text(wanted))")
        }
        if actual != wanted {
            differs(field, "\(VaultDuration.text(actual)), wanted \(VaultDuration.text(wanted))")
        }
    }

    /// A number; a missing one is 0.
    mutating func integer(_ field: String, wanted: Int) {
        guard let actual = (self[field] ?? 0).integer else {
            return differs(field, "is not a number, wanted \(wanted)")
        }
        if actual != Int64(wanted) { differs(field, "\(actual), wanted \(wanted)") }
    }

    /// A boolean; a missing one is false.
    mutating func flag(_ field: String, wanted: Bool) {
        guard let actual = (self[field] ?? false).bool else {
            return differs(field, "is not true or false, wanted \(wanted)")
        }
        if actual != wanted { differs(field, "\(actual), wanted \(wanted)") }
    }

    /// A text, compared byte by byte.
    ///
    /// - Parameter standard: what a missing or an empty field means.
    mutating func text(_ field: String, wanted: String, default standard: String = "") {
        guard let read = (self[field] ?? "").string else {
            return differs(field, "is not a text, wanted \"\(FieldDifference.display(wanted))\"")
        }
        let actual = read.isEmpty ? standard : read
        if !actual.hasSameBytes(as: wanted) {
            differs(field, "\"\(FieldDifference.display(actual))\", wanted \"\(FieldDifference.display(wanted))\"")
        }
    }

    /// A list whose order does not matter. Wanted elements are ASCII.
    mutating func set(_ field: String, wanted: [String], foldingCase: Bool = false) {
        let fold = { (name: String) in foldingCase ? name.lowercased() : name }
        guard let actual = Self.strings(self[field]) else {
            return differs(field, "is not a list of texts, wanted \(FieldDifference.display(wanted.sorted()))")
        }
        if !actual.allSatisfy(\.isASCII) || Set(actual.map(fold)) != Set(wanted.map(fold)) {
            differs(field, Self.change(from: actual, to: wanted))
        }
    }

    /// A list of networks, whose order and notation do not matter.
    mutating func networks(_ field: String, wanted: [String]) {
        guard let actual = Self.strings(self[field]) else {
            return differs(field, "is not a list of texts, wanted \(FieldDifference.display(wanted.sorted()))")
        }
        let parsed = actual.map(IPNetwork.init(_:))
        if parsed.contains(nil) || Set(parsed) != Set(wanted.map(IPNetwork.init(_:))) {
            differs(field, Self.change(from: actual, to: wanted))
        }
    }

    /// A list of SQL statements in order, without blanks around each. Their text is never shown.
    ///
    /// - Parameter droppingEmpty: whether empty statements are left out, as the server does for revocation only.
    mutating func statements(_ field: String, wanted: [String], droppingEmpty: Bool = false) {
        let normal = { (list: [String]) in
            list.map(\.trimmed).filter { !droppingEmpty || !$0.isEmpty }.map { Array($0.utf8) }
        }
        let actual: [String]?
        switch self[field] {
        case nil: actual = []
        case .string(let single): actual = [single]
        case .array(let values): actual = Self.allStrings(values)
        default: actual = nil
        }
        guard let actual else { return differs(field, "is not a list of texts") }
        if normal(actual) != normal(wanted) { differs(field, "differs") }
    }

    /// Fields that nobody asked for and that must therefore be zero.
    mutating func unset(_ fields: [String]) {
        for field in fields {
            switch self[field] {
            case nil, .bool(false), .string(""), .integer(0), .number(0), .array([]), .object([:]): continue
            default: differs(field, "is set, wanted none")
            }
        }
    }

    /// A list as the server gives it, elements trimmed: an array of texts, a text with commas, nothing. Nil when it
    /// is something else.
    static func strings(_ value: JSONValue?) -> [String]? {
        switch value {
        case nil, .null, .string(""): []
        case .string(let text): text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        case .array(let values): allStrings(values)?.map(\.trimmed)
        default: nil
        }
    }

    private static func allStrings(_ values: [JSONValue]) -> [String]? {
        let strings = values.compactMap(\.string)
        return strings.count == values.count ? strings : nil
    }

    private static func change(from actual: [String], to wanted: [String]) -> String {
        "\(FieldDifference.display(actual.sorted())), wanted \(FieldDifference.display(wanted.sorted()))"
    }
}
