/// The commands of a shell script, as far as pages use the shell: words, quotes, substitutions, pipes, lists, redirections and
/// here-documents. Variables stay as they are written.
package struct ShellText: Sendable {
    /// A simple command.
    package struct Command: Sendable {
        /// The line on which it begins.
        package let line: Int
        /// Its words without quotes, and without the assignments before it and its redirections. In place of a substitution
        /// there is `$(…)`.
        package let words: [String]

        /// What is run: `kubectl` also for `$KUBECTL`, `lanyard` also for `$LANYARD_BIN/lanyard`.
        package var program: String {
            let name = words.first ?? ""
            guard name.hasPrefix("$") else { return name }
            return name.split(separator: "/").dropFirst().last.map(String.init) ?? name.dropFirst().lowercased()
        }
    }

    /// What a command reads from the script itself.
    package struct Document: Sendable {
        /// The line on which it begins.
        package let line: Int
        /// Its text.
        package let text: String
        /// Whether the shell replaces nothing in it.
        package let isLiteral: Bool
    }

    /// In the order in which they end; those of a substitution before the one that it is part of.
    package private(set) var commands: [Command] = []
    /// In order.
    package private(set) var documents: [Document] = []

    private let characters: [Character]
    private var position = 0
    private var line: Int
    /// Words of the command that is being read, and the line of the first.
    private var words: [String] = []
    private var start: Int
    private var word: String?
    /// Whether the next word is where a redirection goes.
    private var isTarget = false
    /// Documents that begin with the next line.
    private var awaited: [(delimiter: String, isLiteral: Bool)] = []

    /// Reads a script.
    ///
    /// - Parameter firstLine: its number, for the lines of commands.
    package init(_ text: String, firstLine: Int = 1) {
        characters = Array(text)
        line = firstLine
        start = firstLine
        while let character = peek() { read(character) }
        endCommand()
    }

    private func peek(_ offset: Int = 0) -> Character? {
        position + offset < characters.count ? characters[position + offset] : nil
    }

    private mutating func read(_ character: Character) {
        switch character {
        case "\\": readEscape()
        case "'": readQuoted()
        case "\"": readDoublyQuoted()
        case "$" where peek(1) == "(": readSubstitution()
        case "#" where word == nil:
            while let next = peek(), next != "\n" { position += 1 }
        case "\n": readLineEnd()
        case " ", "\t":
            endWord()
            position += 1
        case ";", "|", "&", "(", ")":
            endCommand()
            position += 1
        case "<", ">": readRedirection()
        default:
            append(String(character))
            position += 1
        }
    }

    private mutating func append(_ text: String) { word = (word ?? "") + text }

    private mutating func readEscape() {
        if peek(1) == "\n" {
            line += 1
        } else if let next = peek(1) {
            append(String(next))
        }
        position += 2
    }

    private mutating func readQuoted() {
        let rest = characters[(position + 1)...]
        let text = String(rest.prefix { $0 != "'" })
        line += text.count { $0 == "\n" }
        append(text)
        position += text.count + 2
    }

    private mutating func readDoublyQuoted() {
        append("")
        position += 1
        while let character = peek(), character != "\"" {
            if character == "\\" {
                readEscape()
            } else if character == "$", peek(1) == "(" {
                readSubstitution()
            } else {
                if character == "\n" { line += 1 }
                append(String(character))
                position += 1
            }
        }
        position += 1
    }

    private mutating func readSubstitution() {
        var depth = 0
        var isQuoted = false
        let inner = characters[(position + 1)...].prefix { character in
            if character == "'" { isQuoted.toggle() }
            if !isQuoted, character == "(" { depth += 1 }
            if !isQuoted, character == ")" { depth -= 1 }
            return depth > 0
        }.dropFirst()
        let nested = ShellText(String(inner), firstLine: line)
        commands += nested.commands
        documents += nested.documents
        line += inner.count { $0 == "\n" }
        append("$(…)")
        position += inner.count + 3
    }

    private mutating func readLineEnd() {
        endCommand()
        position += 1
        line += 1
        let begun = awaited
        awaited = []
        for document in begun { readDocument(document.delimiter, isLiteral: document.isLiteral) }
    }

    private mutating func readDocument(_ delimiter: String, isLiteral: Bool) {
        let start = line
        var text = ""
        while position < characters.count {
            let next = String(characters[position...].prefix { $0 != "\n" })
            position += next.count + 1
            line += 1
            if next == delimiter { break }
            text += "\(next)\n"
        }
        documents.append(Document(line: start, text: text, isLiteral: isLiteral))
    }

    private mutating func readRedirection() {
        // The number of a file descriptor is no word of the command.
        if let digits = word, digits.allSatisfy(\.isNumber) { word = nil }
        endWord()
        let sign = String(characters[position...].prefix { "<>&".contains($0) })
        position += sign.count
        guard sign == "<<" else {
            isTarget = true
            return
        }
        while let next = peek(), next == "-" || next == " " { position += 1 }
        let isLiteral = peek() == "'"
        if isLiteral { position += 1 }
        let delimiter = String(
            characters.dropFirst(position).prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        position += delimiter.count + (isLiteral ? 1 : 0)
        awaited.append((delimiter, isLiteral))
    }

    private mutating func endWord() {
        guard let text = word else { return }
        word = nil
        if isTarget {
            isTarget = false
            return
        }
        if words.isEmpty { start = line }
        words.append(text)
    }

    private mutating func endCommand() {
        endWord()
        isTarget = false
        let command = Self.command(in: words)
        if !command.isEmpty { commands.append(Command(line: start, words: command)) }
        // What a pod is told to run.
        if let end = command.firstIndex(of: "--"), command.prefix(end).contains("exec") {
            let inner = Self.command(in: Array(command[(end + 1)...]))
            if !inner.isEmpty { commands.append(Command(line: start, words: inner)) }
        }
        words = []
    }

    private static let keywords: Set<String> = [
        "!", "if", "then", "else", "elif", "while", "until", "do", "time", "{", "}",
    ]

    /// Leaves out what stands before the name of a program.
    private static func command(in words: [String]) -> [String] {
        guard words.first != "for" else { return [] }
        var rest = words.drop { keywords.contains($0) || isAssignment($0) }
        guard rest.first == "env" else { return Array(rest) }
        rest = rest.dropFirst()
        while let word = rest.first, word == "-u" || isAssignment(word) {
            rest = rest.dropFirst(word == "-u" ? 2 : 1)
        }
        return Array(rest)
    }

    private static func isAssignment(_ word: String) -> Bool {
        let name = word.prefix { $0 != "=" }
        return name.count < word.count && name.first?.isNumber == false
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
