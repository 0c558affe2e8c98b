import ArgumentParser
import FoundationEssentials
import LanyardOperator
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("Output on pages")
struct PageOutputTests {
    private static let planning = ["--cluster-name", "production", "--trust-domain", "neural-hive.local"]

    /// What the tutorial shows below a command.
    private func shown(below command: String) throws -> [String] {
        let blocks = try PageBlock.all(of: "docs/tutorial.md").filter { $0.language == "console" }
        let block = try #require(blocks.first { $0.text.contains(command) })
        // A command that goes on is indented.
        return block.lines.filter { !$0.hasPrefix("$ ") && !$0.hasPrefix("    lanyard ") }
    }

    private func expect(_ output: String, shows lines: [String]) {
        #expect(!lines.isEmpty)
        for line in lines {
            for part in line.split(separator: "…") { #expect(output.contains(part), "\(line)") }
        }
    }

    private func validate(_ arguments: [String], input: String = "") throws -> String {
        let command = try #require(Lanyard.parseAsRoot(["validate"] + arguments + Self.planning) as? ValidateCommand)
        var failure = ValidateCommand.Failure.none
        return try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
    }

    private func render(_ arguments: [String], input: String = "") throws -> String {
        let command = try #require(Lanyard.parseAsRoot(["render"] + arguments + Self.planning) as? RenderCommand)
        var failure = ValidateCommand.Failure.none
        return try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
    }

    @Test("of the samples is what the tutorial shows")
    func samples() throws {
        let arguments = ["-f", Checkout.path("manifests/samples")]
        let output = try validate(arguments) + "\n" + render(arguments)
        expect(output, shows: try shown(below: "lanyard render -f manifests/samples"))
    }

    @Test("of a role for JWT-SVIDs at the Kubernetes method is what the tutorial shows")
    func methodOfAnotherToken() throws {
        let sample = try Checkout.text("manifests/samples/worker-agents.yaml")
            .replacing("jwtAuth: {", with: "jwtAuth: {mount: kubernetes, ")
        let boundary = Checkout.path("manifests/samples/boundary.yaml")
        let output = try validate(["-f", "-", "-f", boundary], input: sample)
        expect(output, shows: try shown(below: "{mount: kubernetes, "))
    }

    @Test("of a parent that no agent can have is what the tutorial shows")
    func parentOfNobody() throws {
        let sources = ConfigurationSources(
            file: ConfigurationFile(name: "config.yaml", yaml: try Checkout.text("manifests/base/config.yaml")),
            environment: [:], settings: ["spire.nodeAlias.id=/spire/agent/k8s_psat/production"])
        let error = try #require(throws: ConfigurationProblems.self) { _ = try OperatorConfiguration(sources) }
        expect(error.description, shows: try shown(below: "lanyard config check"))
    }

    @Test("of a binding is the policy beside it", arguments: ["README.md", "docs/reference/vaultrolebinding.md"])
    func policies(page: String) throws {
        let blocks = try PageBlock.all(of: page)
        let binding = try #require(blocks.first { $0.language == "yaml" })
        let policy = try #require(blocks.first { $0.language == "hcl" })
        expect(try render(["-f", "-"], input: binding.text), shows: policy.lines)
    }
}
