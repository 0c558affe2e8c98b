import KubernetesModel

/// Takes out of texts what is called a secret or looks like one, before they leave a cluster. In doubt it is taken out: a bug
/// report can do without a word, and nobody can take a secret back.
enum Redaction {
    /// What stands in its place.
    static let mark = "[redacted]"

    /// The ends of names of what is secret, in small letters and without `_`, `-` and `.`.
    private static let names = [
        "password", "passwd", "passphrase", "secret", "secretid", "token", "authorization", "credential", "credentials",
        "apikey", "accesskey", "secretkey", "privatekey", "unsealkey", "cookie",
    ]

    /// The same tree without secrets.
    static func applied(to value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(applied(to: text))
        case .array(let elements): .array(elements.map { applied(to: $0) })
        case .object(let members):
            .object(
                members.reduce(into: [:]) { result, member in
                    let isSecret = isName(member.key[...]) && member.value.string != nil
                    let value: JSONValue = isSecret ? .string(mark) : applied(to: member.value)
                    result[applied(to: member.key)] = value
                })
        case .null, .bool, .integer, .number: value
        }
    }

    /// The same text without secrets.
    static func applied(to text: String) -> String {
        withoutKeys(text).split(separator: "\n", omittingEmptySubsequences: false)
            .map { line(withoutUsers(String($0))) }.joined(separator: "\n")
    }

    /// Without PEM, which goes over several lines; what has no end goes as a whole.
    private static func withoutKeys(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let begin = rest.firstRange(of: "-----BEGIN ") {
            result += rest[..<begin.lowerBound]
            result += mark
            rest = rest[begin.upperBound...]
            guard let end = rest.firstRange(of: "-----END ") else { return result }
            rest = rest[end.upperBound...]
            guard let dashes = rest.firstRange(of: "-----") else { return result }
            rest = rest[dashes.upperBound...]
        }
        return result + rest
    }

    /// Without who logs in, and how, in the addresses of a line.
    private static func withoutUsers(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let address = rest.prefix { !$0.isWhitespace && !"\"'`<>".contains($0) }
            if let end = address.lastIndex(of: "@") {
                result += mark
                rest = rest[end...]
            }
        }
        return result + rest
    }

    /// Word by word: those that look like secrets, and what follows the name of one.
    private static func line(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        var previous = rest.prefix(0)
        while !rest.isEmpty {
            let word = rest.prefix { !isSeparator($0) }
            rest = rest[word.endIndex...]
            let joint = rest.prefix { isSeparator($0) }
            rest = rest[joint.endIndex...]
            result += isSecret(word, after: previous) ? mark : String(word)
            result += joint
            previous = word
            guard isName(word), joins(joint) else { continue }
            let secret = value(in: rest, quote: joint.last)
            if !secret.isEmpty { result += mark }
            rest = rest[secret.endIndex...]
        }
        return result
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character.isWhitespace || "\"'`\\()[]{}<>,;:=&".contains(character)
    }

    /// Whether what stands between two words makes the second the value of the first.
    private static func joins(_ joint: Substring) -> Bool {
        joint.contains { $0 == ":" || $0 == "=" } && joint.allSatisfy { $0.isWhitespace || "\"'\\:=".contains($0) }
    }

    /// Up to the quote that ends it, or to the end of the line.
    private static func value(in rest: Substring, quote: Character?) -> Substring {
        guard let quote, quote == "\"" || quote == "'" else { return rest }
        var isEscaped = false
        return rest.prefix { character in
            if isEscaped {
                isEscaped = false
                return true
            }
            isEscaped = character == "\\"
            return character != quote
        }
    }

    /// Whether something is called a secret: `VAULT_TOKEN`, `clientSecret`, but neither `tokenFile` nor `auth/token`.
    private static func isName(_ word: Substring) -> Bool {
        guard !word.contains("/") else { return false }
        let plain = word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != "." }
        return names.contains { plain.hasSuffix($0) }
    }

    /// Whether a word looks like a token or a key.
    private static func isSecret(_ word: Substring, after previous: Substring) -> Bool {
        let bytes = word.utf8
        // Tokens of Vault, JWTs and access keys have prefixes.
        if bytes.count >= 12, ["hvs.", "hvb.", "hvr.", "eyJ", "AKIA", "ASIA"].contains(where: { word.hasPrefix($0) }) {
            return true
        }
        if bytes.count >= 22, ["s.", "b.", "r."].contains(where: { word.hasPrefix($0) }),
            bytes.dropFirst(2).allSatisfy(isAlphanumeric)
        {
            return true
        }
        // A digest is none.
        if bytes.count >= 32, !previous.hasSuffix("sha256"), bytes.allSatisfy(isHexadecimal) { return true }
        // Random bytes as base64, or letters drawn by chance: names of Kubernetes have no capitals.
        guard bytes.count >= 20, bytes.allSatisfy(isOfKey) else { return false }
        return bytes.contains(where: isSmall) && bytes.contains(where: isCapital) && bytes.contains(where: isDigit)
    }

    private static func isSmall(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

    private static func isCapital(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isSmall(byte) || isCapital(byte) || isDigit(byte) }

    /// As base64 has it, in either alphabet, and passwords that Vault makes.
    private static func isOfKey(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "+/_-~".utf8.contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        // Small letters as well as capitals.
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }
}
