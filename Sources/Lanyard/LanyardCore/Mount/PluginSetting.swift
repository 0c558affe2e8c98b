package import KubernetesModel

/// A setting of a database plugin, of the type that the plugin has it in as far as that is known.
package enum PluginSetting: Equatable, Sendable {
    case flag(Bool)
    case number(Int)
    case text(String)

    /// Settings of which it is known that they are true or false.
    private static let flags: Set<String> = [
        "tls", "insecure_tls", "insecure", "tls_skip_verify", "skip_verification", "contained_db", "use_old_xpack",
        "disable_escaping", "split_statements", "disconnect_sessions", "self_managed",
    ]
    /// Settings of which it is known that they are numbers.
    private static let numbers: Set<String> = ["port", "protocol_version", "gocql_protocol_version"]

    /// Reads the text of a setting.
    ///
    /// - Returns: nil when it is not of the type that the setting is known to have.
    init?(_ text: String, named name: String) {
        if Self.flags.contains(name) {
            guard text == "true" || text == "false" else { return nil }
            self = .flag(text == "true")
        } else if Self.numbers.contains(name) {
            guard let number = Int(text), String(number) == text, number >= 0 else { return nil }
            self = .number(number)
        } else {
            self = .text(text)
        }
    }

    /// The type that a setting is known to have, for people; nil when it is not known.
    static func expectation(of name: String) -> String? {
        if flags.contains(name) { return "true or false" }
        return numbers.contains(name) ? "a number" : nil
    }

    /// As it is sent.
    package var json: JSONValue {
        switch self {
        case .flag(let flag): .bool(flag)
        case .number(let number): .integer(Int64(number))
        case .text(let text): .string(text)
        }
    }

    /// Compares it with what a server has, which keeps the type in which somebody sent it.
    func compare(_ field: String, in details: inout FieldComparison) {
        switch self {
        case .flag(let wanted):
            guard let text = details[field]?.string else { return details.flag(field, wanted: wanted) }
            if (text == "true" || text == "1") != wanted {
                details.differs(field, "\(FieldDifference.display(text)), wanted \(wanted)")
            }
        case .number(let wanted):
            details.count(field, wanted: wanted)
        case .text(let wanted):
            let actual: String? =
                switch details[field] {
                case .integer(let number): String(number)
                case .bool(let flag): String(flag)
                case let value: (value ?? "").string
                }
            // Certificates are long, and some servers trim them.
            if actual?.trimmed.hasSameBytes(as: wanted.trimmed) != true { details.differs(field, "differs") }
        }
    }
}
