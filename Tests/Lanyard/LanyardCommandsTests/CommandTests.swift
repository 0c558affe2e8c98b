import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardCore
import Logging
import TestSupport
import Testing

@testable import LanyardCommands
@testable import LanyardOperator

@Suite("Lanyard")
struct CommandTests {
    private func withFile<Result>(_ contents: Data, _ body: (String) throws -> Result) throws -> Result {
        let path = "\(FileManager.default.temporaryDirectory.path)/lanyard-\(UUID().uuidString).yaml"
        try contents.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test("config check of a wrong configuration fails with exit code 1 and says why")
    func failure() throws {
        try withFile(Data("clusterName: A\n".utf8)) { path in
            var command = try Lanyard.parseAsRoot(["config", "check", "--config", path])
            let error = try #require(throws: ConfigurationProblems.self) { try command.run() }
            #expect(Lanyard.exitCode(for: error) == .failure)
            #expect(error.description.hasPrefix("the configuration has 4 problems\n  "))
            #expect(error.description.contains("\(path):1:14: clusterName: must be a DNS label"))
        }
    }

    @Test("a file that cannot be read or is no text is a problem that names it")
    func unreadableFile() throws {
        let missing = try ConfigurationOptions.parse(["--config", "/nowhere/lanyard.yaml"])
        #expect(throws: ConfigurationProblems(problems: ["/nowhere/lanyard.yaml: cannot be read"])) {
            try missing.load(environment: [:])
        }
        try withFile(Data([0x61, 0xFF])) { path in
            let binary = try ConfigurationOptions.parse(["--config", path])
            #expect(throws: ConfigurationProblems(problems: ["\(path): must be UTF-8 text"])) {
                try binary.load(environment: [:])
            }
        }
    }

    @Test("the version is the same however it is asked for")
    func version() throws {
        #expect(try VersionCommand.parse([]).text() == "lanyard \(Operator.version)")
        #expect(Lanyard.configuration.version == "lanyard \(Operator.version)")
        #expect(try VersionCommand.parse(["-o", "json"]).text().contains("\"version\" : \"\(Operator.version)\""))
        #expect(try VersionCommand.parse(["-o", "yaml"]).text().hasSuffix("\nversion: \(Operator.version)\n"))
    }

    @Test("config check prints for programs, too")
    func configFormats() throws {
        let config = Checkout.path("manifests/base/config.yaml")
        let json = try ConfigCheckCommand.parse(["--config", config, "-o", "json"]).text()
        let values = try JSON.decode(JSONValue.self, from: Data(json.utf8))["values"]?.array ?? []
        #expect(values.first?["key"] == "clusterName" && values.first?["value"] == "production")
        #expect(try ConfigCheckCommand.parse(["--config", config, "-o", "yaml"]).text().contains("key: clusterName"))
        #expect(try ConfigCheckCommand.parse(["--config", config]).text().hasSuffix("\nOK"))
    }

    @Test("vault-policy prints the right to list policies where it is asked for that, and not elsewhere")
    func policyListing() throws {
        let arguments = ["--config", Checkout.path("manifests/base/config.yaml")]
        let least = try VaultPolicyCommand.parse(arguments).text()
        #expect(!least.contains(PolicyListingRight.path))
        let more = try VaultPolicyCommand.parse(arguments + ["--policy-listing"]).text()
        #expect(more == least + PolicyListingRight.text)
        #expect(try PolicyDocument(parsing: more).rules.map(\.path).contains(PolicyListingRight.path))
    }

    /// Whoever breaks lines in them has them broken twice. Examples, which are indented, are lines of their own.
    @Test("help texts leave the breaking of lines to the terminal")
    func help() {
        func check(_ command: any ParsableCommand.Type) {
            for text in [command.configuration.abstract, command.configuration.discussion] {
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !line.hasPrefix("  ") {
                    #expect(next.isEmpty, "\(command): \(line)")
                }
            }
            for subcommand in command.configuration.subcommands { check(subcommand) }
        }
        check(Lanyard.self)
    }

    /// The command itself, or all below it that do something.
    private static func commands(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let below = command.configuration.subcommands
        return below.isEmpty ? [command] : below.flatMap { commands(of: $0) }
    }

    @Test("the help of every command has examples, which fit a terminal and are of that command")
    func examples() throws {
        for command in Self.commands(of: Lanyard.self) {
            let text = command.configuration.discussion
            #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix("  ") || $0.count <= 80 }, "\(command)")
            let examples = text.replacing("\\\n", with: "").split(separator: "\n").filter { $0.hasPrefix("  ") }
            #expect(!examples.isEmpty, "\(command)")
            for example in examples {
                let words = example.prefix { $0 != "|" && $0 != ">" }.split(separator: " ").map(String.init)
                #expect(words.first == "lanyard")
                let parsed = try Lanyard.parseAsRoot(Array(words.dropFirst()))
                #expect(ObjectIdentifier(type(of: parsed)) == ObjectIdentifier(command), "\(example)")
            }
        }
    }

    @Test("where an option names a file, shells complete files")
    func completion() {
        let script = Lanyard.completionScript(for: .fish)
        for option in ["config", "kubeconfig", "filename"] {
            let lines = script.split(separator: "\n").filter { $0.contains("-l '\(option)'") }
            #expect(!lines.isEmpty && lines.allSatisfy { $0.hasSuffix("-rF") }, "\(option)")
        }
    }

    @Test("flags of a command reach its configuration")
    func options() throws {
        try withFile(Data(Checkout.text("manifests/base/config.yaml").utf8)) { path in
            let options = try ConfigurationOptions.parse(
                ["--config", path, "--set", "reconcile.workers=3", "--set", "log.level=debug"])
            let configuration = try options.load(environment: ["LANYARD_RECONCILE_WORKERS": "4"])
            #expect(configuration.reconcile.workers == 3)
            #expect(configuration.log.level == .debug)
        }
    }

    @Test(
        "a wrong command line ends with exit code 64",
        arguments: [
            ["config", "check"], ["config", "check", "--config", "a", "--nonsense"], ["nonsense"], ["validate"],
            ["config", "check", "--config", "a", "-o", "xml"],
            ["render"],
            ["validate", "-f", "-", "-o", "xml"], ["render", "-f", "-", "-o", "xml"],
            ["doctor", "--config", "a", "-o", "xml"], ["validate", "-f", "-", "--trust-domain", "a/b"],
            ["validate", "-f", "-", "--cluster-name", "A"], ["version", "-o", "xml"], ["uninstall"],
            ["uninstall", "--remove", "--leave"], ["uninstall", "--leave", "--destroy-mounts"],
            ["uninstall", "--remove", "-o", "table"],
            ["uninstall", "--remove", "--timeout", "soon"], ["vault-policy", "--config", "a", "--kubeconfig", "b"],
        ])
    func usage(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { _ = try Lanyard.parseAsRoot(arguments) }
        #expect(Lanyard.exitCode(for: error).rawValue == 64)
    }
}
