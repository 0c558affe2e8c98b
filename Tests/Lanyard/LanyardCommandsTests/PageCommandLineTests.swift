import ArgumentParser
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("Command lines on pages")
struct PageCommandLineTests {
    @Test("are ones that the command takes")
    func blocks() throws {
        var seen: Set<String> = []
        for page in try Checkout.pages() {
            let commands = try PageBlock.all(of: page).flatMap(\.scripts).flatMap(\.commands)
            for command in commands where command.program == "lanyard" {
                seen.insert(command.words.dropFirst().first ?? "")
                do {
                    _ = try Lanyard.parseAsRoot(Array(command.words.dropFirst()))
                } catch {
                    // Help and completion end like this.
                    let isGood = Lanyard.exitCode(for: error) == .success
                    #expect(isGood, "\(page):\(command.line): \(command.words.joined(separator: " "))")
                }
            }
        }
        let names = ["config", "controller", "doctor", "render", "uninstall", "validate", "vault-policy"]
        #expect(seen.isSuperset(of: names))
    }

    @Test("in the text name commands and options that there are")
    func spans() throws {
        for page in try Checkout.pages() {
            for span in try Checkout.codeSpans(of: page) where span.hasPrefix("lanyard ") {
                #expect(Self.strangers(in: span) == [], "\(page): \(span)")
            }
        }
        #expect(Self.strangers(in: "lanyard valdate -f PATH…") == ["valdate", "-f"])
        #expect(Self.strangers(in: "lanyard config check --conf FILE [--set A=B]") == ["--conf"])
        #expect(Self.strangers(in: "lanyard crds --all | kubectl apply -f -") == ["--all"])
    }

    /// Names of commands and options that there are not.
    private static func strangers(in span: String) -> [String] {
        // What is behind a pipe is another program's.
        var words: [String] = span.split(separator: " ").prefix { $0 != "|" }.dropFirst().map { word in
            String(word).filter { !"[]|".contains($0) }
        }
        var command: any ParsableCommand.Type = Lanyard.self
        while let name = words.first, !name.hasPrefix("-"),
            let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            command = next
            words.removeFirst()
        }
        let isGroup = !command.configuration.subcommands.isEmpty
        let known = options(of: command).union(["--generate-completion-script"])
        return words.enumerated().filter { index, word in
            word.hasPrefix("-") ? !known.contains(word) : isGroup && index == 0
        }.map(\.element)
    }

    @Test(
        "a command's page has all its options and no other",
        arguments: [
            ("validate", "docs/validate.md", "## lanyard validate"),
            ("vault-policy", "docs/validate.md", "## lanyard vault-policy"),
            ("render", "docs/render.md", "# lanyard render"), ("doctor", "docs/doctor.md", "# lanyard doctor"),
            ("uninstall", "docs/uninstall.md", "## Options"), ("bundle", "docs/bundle.md", "# lanyard bundle"),
        ])
    func tables(name: String, page: String, heading: String) throws {
        let lines = try Checkout.text(page).split(separator: "\n")
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let cells = section.filter { $0.hasPrefix("| `-") }.compactMap { $0.split(separator: "|").first }
        let documented = cells.flatMap { cell in
            cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
        let command = try #require(
            Lanyard.configuration.subcommands.first { $0.configuration.commandName == name })
        #expect(documented.sorted() == Self.options(of: command).subtracting(["-h", "--help", "--version"]).sorted())
    }

    /// What the help of a command lists.
    private static func options(of command: any ParsableCommand.Type) -> Set<String> {
        let lines = Lanyard.helpMessage(for: command, columns: 200).split(separator: "\n")
        let words = lines.filter { $0.hasPrefix("  -") }.flatMap { line in
            // The help text is two blanks or more behind the names.
            (line.dropFirst(2).split(separator: "  ").first ?? "").split(separator: " ")
        }
        return Set(words.filter { $0.hasPrefix("-") }.map { String($0.prefix { $0 != "," }) })
    }
}
