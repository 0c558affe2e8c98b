import KubernetesModel

/// Takes out of texts what is called a secret or looks like one, before they leave a cluster. In doubt it is taken out: a bug
/// report can do without a word, and nobody can take a secret back.
enum Redaction {
    /// What stands in its place.
    static let mark = "[redacted]"

    /// The ends of names of what is secret, in small letters and without `_`, `-` and `.`.
    private static let names = [
        "password", "passwd", "passphrase", "secret", "secretid", "token", "authorization", "credential", "credentials",
        "apikey", "accesskey", "secretkey", "privatekey", "unsealkey", "cookie", "pwd",
    ]

    /// The same tree without secrets.
    static func applied(to value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(applied(to: text))
        case .array(let elements):
            .array(lines(of: elements)?.map(JSONValue.string) ?? elements.map { applied(to: $0) })
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
        let lines = withoutKeys(text).split(separator: "\n", omittingEmptySubsequences: false)
        return applied(toLines: lines.map(String.init)).joined(separator: "\n")
    }

    /// The same line without secrets.
    static func applied(toLine text: String) -> String {
        withoutJoinedPasswords(line(withoutLogins(withoutUsers(withoutKeys(text)))))
    }

    /// Those of an array of nothing but texts, as logs and files are told.
    private static func lines(of elements: [JSONValue]) -> [String]? {
        let lines = elements.compactMap(\.string)
        return lines.count == elements.count ? applied(toLines: lines) : nil
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
            let address = rest[..<endOfAddress(in: line, from: rest.startIndex, orEscaped: true)]
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
            let secret: Substring
            if isName(word), joins(joint) {
                secret = value(in: rest, quote: joint.last)
            } else if isFlag(word), separates(joint) {
                secret = argument(in: rest, quote: joint.last)
            } else {
                continue
            }
            if !secret.isEmpty { result += mark }
            rest = rest[secret.endIndex...]
        }
        return result
    }

    static func isSeparator(_ character: Character) -> Bool {
        character.isWhitespace || "\"'`\\()[]{}<>,;:=&".contains(character)
    }

    /// Whether what stands between two words makes the second the value of the first.
    private static func joins(_ joint: Substring) -> Bool {
        joint.contains { $0 == ":" || $0 == "=" } && joint.allSatisfy { $0.isWhitespace || "\"'\\:=".contains($0) }
    }

    /// Whether what stands between two words makes the second the argument of the first.
    private static func separates(_ joint: Substring) -> Bool {
        !joint.isEmpty && joint.allSatisfy { $0.isWhitespace || "\"'\\,[]".contains($0) }
    }

    /// Up to the quote that ends it, or to the next blank.
    private static func argument(in rest: Substring, quote: Character?) -> Substring {
        quote == "\"" || quote == "'" ? value(in: rest, quote: quote) : rest.prefix { !$0.isWhitespace }
    }

    /// Up to the quote that ends it, or to the end of the line.
    private static func value(in rest: Substring, quote: Character?) -> Substring {
        guard let quote, quote == "\"" || quote == "'" else { return rest }
        var index = rest.startIndex
        while index < rest.endIndex {
            let next = rest.index(after: index)
            let follower: Character? = next < rest.endIndex ? rest[next] : nil
            // YAML doubles a quote that ends nothing.
            let isPair = rest[index] == "\\" || (quote == "'" && rest[index] == quote && follower == quote)
            if isPair, follower != nil {
                index = rest.index(after: next)
            } else if rest[index] == quote {
                return rest[..<index]
            } else {
                index = next
            }
        }
        return rest
    }

    /// Whether something is called a secret: `VAULT_TOKEN`, `clientSecret`, but neither `tokenFile` nor `auth/token`.
    static func isName(_ word: Substring) -> Bool {
        guard !word.contains("/") else { return false }
        let plain = word.lowercased().filter { $0 != "_" && $0 != "-" && $0 != "." }
        if names.contains(where: { plain.hasSuffix($0) }) { return true }
        // Many words end so that mean something else.
        return word.lowercased().split { "_-.".contains($0) }.last == "pass"
    }

    /// Whether the next argument of a command is a secret: `--password`, `-p`.
    static func isFlag(_ word: Substring) -> Bool { word == "-p" || (word.hasPrefix("-") && isName(word)) }

    /// Whether a word looks like a token or a key, or has one in it: behind a path, an `@`, or between dots.
    private static func isSecret(_ word: Substring, after previous: Substring) -> Bool {
        // The first letters of a token are those of a piece, and tokens have dots.
        let tokens = word.split { !isOfWord($0) }
        if tokens.contains(where: isToken) { return true }
        // A digest is none.
        let digits = word.utf8.split { !isHexadecimal($0) }
        if !previous.hasSuffix("sha256"), digits.contains(where: { $0.count >= 32 }) { return true }
        // Random bytes as base64, or letters drawn by chance: names of Kubernetes have no capitals.
        return word.utf8.split { !isOfKey($0) }.contains { $0.count >= 20 && isMixed($0) }
    }

    /// Tokens of Vault and OpenBao, JWTs and access keys have prefixes.
    private static func isToken(_ piece: Substring) -> Bool {
        let bytes = piece.utf8
        if bytes.count >= 12, ["hvs.", "hvb.", "hvr.", "eyJ", "AKIA", "ASIA"].contains(where: { piece.hasPrefix($0) }) {
            return true
        }
        guard bytes.count >= 22, ["s.", "b.", "r."].contains(where: { piece.hasPrefix($0) }) else { return false }
        // Those of a namespace end in its ID, and batch tokens are base64; names of hosts have no capitals.
        return bytes.dropFirst(2).allSatisfy(isAlphanumeric) || bytes.contains(where: isCapital)
    }

    private static func isMixed(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.contains(where: isSmall) && bytes.contains(where: isCapital) && bytes.contains(where: isDigit)
    }

    private static func isSmall(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

    private static func isCapital(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isSmall(byte) || isCapital(byte) || isDigit(byte) }

    /// As base64 has it, in either alphabet, and passwords that Vault makes.
    static func isOfKey(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "+/_-~".utf8.contains(byte) }

    /// What tokens are made of.
    private static func isOfWord(_ character: Character) -> Bool {
        character.utf8.count == 1 && character.utf8.allSatisfy { isAlphanumeric($0) || "._-+~".utf8.contains($0) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        // Small letters as well as capitals.
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }
}
