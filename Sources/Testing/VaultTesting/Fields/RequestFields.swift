import KubernetesModel

/// The body of a write with the server's conversions of each field.
///
/// An absent field is nil; a field that is `null` has the zero value of its type, except durations, where `null` is the
/// same as absent. Unknown fields are ignored, as the server does.
struct RequestFields {
    let values: [String: JSONValue]

    init(_ values: [String: JSONValue]) {
        self.values = values
    }

    func string(_ name: String) throws(Refusal) -> String? {
        guard let value = values[name] else { return nil }
        return try Self.text(value, name)
    }

    func bool(_ name: String) throws(Refusal) -> Bool? {
        switch values[name] {
        case nil: return nil
        case .null, .string(""): return false
        case .bool(let value): return value
        case .integer(let value) where value == 0 || value == 1: return value == 1
        case .string("1"), .string("t"), .string("T"), .string("TRUE"), .string("true"), .string("True"): return true
        case .string("0"), .string("f"), .string("F"), .string("FALSE"), .string("false"), .string("False"):
            return false
        default: throw Self.inconvertible(name)
        }
    }

    func int(_ name: String) throws(Refusal) -> Int64? {
        switch values[name] {
        case nil: return nil
        case .null, .string(""): return 0
        case .integer(let value): return value
        case .bool(let value): return value ? 1 : 0
        case .string(let text):
            // Only decimal numbers: the server also reads 0x10 and 010.
            guard let value = Int64(text) else { throw Self.inconvertible(name) }
            return value
        default: throw Self.inconvertible(name)
        }
    }

    /// Seconds.
    func duration(_ name: String) throws(Refusal) -> Int64? {
        guard let value = try signedDuration(name) else { return nil }
        guard value >= 0 else { throw Self.inconvertible(name) }
        return value
    }

    /// Seconds, possibly negative.
    func signedDuration(_ name: String) throws(Refusal) -> Int64? {
        switch values[name] {
        case nil, .null: return nil
        case .integer(let value): return value
        case .string(let text):
            guard let value = DurationText.seconds(text) else { throw Self.inconvertible(name) }
            return value
        default: throw Self.inconvertible(name)
        }
    }

    /// A list, or a string with commas; every element trimmed, empty ones kept.
    func list(_ name: String) throws(Refusal) -> [String]? {
        if case .string(let text) = values[name] {
            return text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(Text.trimmed)
        }
        return try strings(name)?.map(Text.trimmed)
    }

    /// A list, or one string that is never split.
    func strings(_ name: String) throws(Refusal) -> [String]? {
        switch values[name] {
        case nil: return nil
        case .null, .string(""): return []
        case .array(let elements):
            var result: [String] = []
            for element in elements { result.append(try Self.text(element, name)) }
            return result
        case .object: throw Self.inconvertible(name)
        case .some(let value): return [try Self.text(value, name)]
        }
    }

    /// A map of any values; `null` is the map that was never set.
    func map(_ name: String) throws(Refusal) -> JSONValue? {
        switch values[name] {
        case nil: return nil
        case .null: return .null
        case .array([]): return [:]
        case .some(let value) where value.object != nil: return value
        default: throw Self.inconvertible(name)
        }
    }

    /// A map of strings; `null` is the map that was never set.
    func pairs(_ name: String) throws(Refusal) -> [String: String]? {
        guard let map = try map(name) else { return nil }
        var result: [String: String] = [:]
        for (key, value) in map.object ?? [:] { result[key] = try Self.text(value, name) }
        return result
    }

    private static func text(_ value: JSONValue, _ name: String) throws(Refusal) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return text
        case .integer(let value): return String(value)
        case .number(let value): return String(value)
        case .bool(let value): return value ? "1" : "0"
        case .array, .object: throw inconvertible(name)
        }
    }

    private static func inconvertible(_ name: String) -> Refusal {
        Refusal("error converting input for field \"\(name)\"")
    }
}

/// Why the server refuses a request: status and the text that OpenBao sends.
struct Refusal: Error {
    let status: Int
    let text: String

    init(_ text: String, status: Int = 400) {
        self.status = status
        self.text = text
    }

    static let unsupportedPath = Refusal("1 error occurred:\n\t* unsupported path\n\n", status: 404)
    static let unsupportedOperation = Refusal("1 error occurred:\n\t* unsupported operation\n\n", status: 405)
}

/// Whose behaviour is shown where they differ.
package enum VaultFlavour: Sendable {
    case openBao
    /// HashiCorp Vault, from its documentation: no check-and-set of policies.
    case vault
}
