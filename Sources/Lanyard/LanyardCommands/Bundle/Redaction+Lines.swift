extension Redaction {
    /// The same lines without secrets, among them what goes over several lines: keys as PEM, blocks of YAML, and arguments.
    static func applied(toLines lines: [String]) -> [String] {
        var isInKey = false
        // How far the name of a secret is indented, or the beginning of an argument's block, while its value may follow on lines of
        // its own.
        var name: Int?
        // Whether the line before ends in a flag whose argument is a secret.
        var isArgument = false
        return lines.map { line in
            if isArgument {
                isArgument = isBlank(line)
                guard beginsBlock(line) else { return isArgument ? line : mark }
                // Within what goes as a whole, nothing ends that earlier.
                name = min(name ?? .max, indentation(of: line))
                return line
            }
            isArgument = endsInFlag(line)
            if let outer = name, isBlank(line) || indentation(of: line) > outer { return isBlank(line) ? line : mark }
            name = indentationOfName(in: line)
            if isInKey, isOfBody(line) { return mark }
            // What is no part of a key ends it: nobody hides all that follows by a line that only looks like the first of one.
            isInKey = opensKey(line)
            return line.contains("\n") ? applied(to: line) : applied(toLine: line)
        }
    }

    private static func endsInFlag(_ line: String) -> Bool {
        line.split(whereSeparator: isSeparator).last.map(isFlag) ?? false
    }

    private static func isBlank(_ line: String) -> Bool { line.allSatisfy(\.isWhitespace) }

    private static func indentation(of line: String) -> Int { line.prefix { $0 == " " || $0 == "\t" }.count }

    /// The indentation of a line that ends in the name of a secret and a colon, or in one and the beginning of a block.
    private static func indentationOfName(in line: String) -> Int? {
        guard let colon = line.lastIndex(of: ":"),
            let last = line[..<colon].split(whereSeparator: isSeparator).last, isName(last)
        else { return nil }
        let style = line[colon...].dropFirst().drop { $0.isWhitespace }
        return style.isEmpty || style.first == "|" || style.first == ">" ? indentation(of: line) : nil
    }

    /// Whether a line, or an element of a list, is nothing but the beginning of a block of YAML.
    private static func beginsBlock(_ line: String) -> Bool {
        let style = line.drop { $0 == "-" || $0.isWhitespace }.prefix { $0 != "#" }
        guard style.first == "|" || style.first == ">" else { return false }
        return style.dropFirst().allSatisfy { $0 == "-" || $0 == "+" || $0.isWholeNumber || $0.isWhitespace }
    }

    /// Whether a key begins in a line and does not end there.
    private static func opensKey(_ line: String) -> Bool {
        var rest = line[...]
        while let begin = rest.firstRange(of: "-----BEGIN ") {
            rest = rest[begin.upperBound...]
            guard let end = rest.firstRange(of: "-----END ") else { return true }
            rest = rest[end.upperBound...]
        }
        return false
    }

    /// Whether a line may be in the midst of a key: base64, or one of the headers before it.
    private static func isOfBody(_ line: String) -> Bool {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard let first = words.first else { return true }
        if first == "Proc-Type:" || first == "DEK-Info:" { return true }
        return words.count == 1 && first.utf8.allSatisfy { isOfKey($0) || $0 == UInt8(ascii: "=") }
    }
}
