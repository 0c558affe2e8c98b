/// A fenced block of a page of the documentation.
package struct PageBlock: Sendable, CustomStringConvertible {
    /// The page, by its path in the checkout.
    package let page: String
    /// The line on which its content begins, from 1.
    package let line: Int
    /// What stands behind the opening fence, such as `yaml`; empty where nothing does.
    package let language: String
    /// Its lines, without the indentation of the fence.
    package let lines: [String]

    /// Where it is.
    package var description: String { "\(page):\(line)" }

    /// Its content.
    package var text: String { lines.map { "\($0)\n" }.joined() }

    /// Those of a page, in order.
    package static func all(of page: String) throws -> [PageBlock] {
        var blocks: [PageBlock] = []
        var language: String?
        var lines: [String] = []
        var (start, indentation) = (0, 0)
        let text = try Checkout.text(page).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in text.enumerated() {
            let content = line.drop { $0 == " " }
            if !content.hasPrefix("```") {
                let blanks = line.count - content.count
                if language != nil { lines.append(String(line.dropFirst(min(blanks, indentation)))) }
            } else if let open = language {
                blocks.append(PageBlock(page: page, line: start, language: open, lines: lines))
                language = nil
            } else {
                language = String(content.dropFirst(3))
                (start, indentation, lines) = (index + 2, line.count - content.count, [])
            }
        }
        return blocks
    }

    /// What a reader would type: all of it, or what follows each `$ `. Nothing where it is something else.
    package var scripts: [ShellText] {
        guard ["", "sh", "console"].contains(language) else { return [] }
        let prompts = prompts
        if language == "console" || !prompts.isEmpty {
            return prompts.map { ShellText($0.text, firstLine: $0.line) }
        }
        return [ShellText(text, firstLine: line)]
    }

    private struct Prompt {
        let line: Int
        var text: String
        var isUnfinished: Bool { ["\\", "|", "&&"].contains { text.hasSuffix($0) } }
    }

    private var prompts: [Prompt] {
        var prompts: [Prompt] = []
        var isTyped = false
        for (index, text) in lines.enumerated() {
            if text.hasPrefix("$ ") {
                prompts.append(Prompt(line: line + index, text: String(text.dropFirst(2))))
                isTyped = true
            } else if isTyped, let last = prompts.indices.last, prompts[last].isUnfinished {
                prompts[last].text += "\n\(text)"
            } else {
                isTyped = false
            }
        }
        return prompts
    }
}

extension Checkout {
    /// The pages of the documentation.
    package static func pages() throws -> [String] {
        try ["README.md", "CHANGELOG.md", "Tests/README.md", "hack/README.md"] + files(ending: ".md", in: "docs")
    }

    /// What stands in backquotes on a page, outside of its blocks.
    package static func codeSpans(of page: String) throws -> [String] {
        var spans: [String] = []
        var isBlock = false
        for line in try text(page).split(separator: "\n") {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isBlock.toggle()
            } else if !isBlock {
                let parts = line.split(separator: "`", omittingEmptySubsequences: false)
                spans += parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
        }
        return spans
    }
}
