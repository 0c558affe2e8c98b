/// A value of HCL version 1 or of JSON. Members keep their order and their duplicates, which servers merge: a parser
/// that keeps the last of two would not see a grant that the server honours.
indirect enum PolicyTextValue: Equatable, Sendable {
    case string(String)
    /// A number as it is written.
    case number(String)
    /// `true`, `false`, `null`.
    case word(String)
    case list([PolicyTextValue])
    case object([Member])

    /// A member of an object. HCL allows labels between key and value: `path "secret/*" { … }`.
    struct Member: Equatable, Sendable {
        let key: String
        let labels: [String]
        let value: PolicyTextValue
    }

    /// The text, if this is one.
    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The texts, if this is a list of nothing else.
    var strings: [String]? {
        guard case .list(let values) = self else { return nil }
        let strings = values.compactMap(\.string)
        return strings.count == values.count ? strings : nil
    }

    /// The members of an object, or of all objects of a list of objects (which JSON uses for repeated blocks).
    var members: [Member]? {
        switch self {
        case .object(let members): return members
        case .list(let values):
            var all: [Member] = []
            for value in values {
                guard case .object(let members) = value else { return nil }
                all += members
            }
            return all
        default: return nil
        }
    }
}
