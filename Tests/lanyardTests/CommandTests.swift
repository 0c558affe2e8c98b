import ArgumentParser
import FoundationEssentials
import Logging
import Testing

@testable import lanyard

@Suite("Lanyard")
struct CommandTests {
    private func withFile<Result>(_ contents: Data, _ body: (String) throws -> Result) throws -> Result {
        let path = "\(FileManager.default.temporaryDirectory.path)/lanyard-\(UUID().uuidString).yaml"
        try contents.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test("config check prints every value with its source, and OK")
    func report() throws {
        let report = try ConfigCheckCommand.report(
            on: ConfigurationSample.sources(
                environment: ["LANYARD_LOG_LEVEL": "debug"], set: ["reconcile.resyncInterval=5m"]))
        let lines = report.split(separator: "\n")
        #expect(lines.count == ConfigurationKey.all.count + 1)
        #expect(lines.last == "OK")
        #expect(lines.contains("clusterName: production  # lanyard.yaml:1:14"))
        #expect(lines.contains("log.level: debug  # LANYARD_LOG_LEVEL"))
        #expect(lines.contains("reconcile.resyncInterval: 5m  # --set"))
        #expect(lines.contains("server.metrics: \"0.0.0.0:8080\"  # default"))
        #expect(lines.contains("spire.nodeAlias.selectors: [\"k8s_psat:cluster:production\"]  # lanyard.yaml:5:16"))
        #expect(lines.contains("vault.caFile:  # not given"))
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

    @Test("a variable of the environment that looks like one of ours is told; those of a Service are not")
    func strayVariables() throws {
        let report = try ConfigCheckCommand.report(
            on: ConfigurationSample.sources(environment: [
                "LANYARD_LOGLEVEL": "debug", "LANYARD_LOG_LEVEL": "info", "LANYARD_SERVICE_HOST": "10.0.0.1",
                "LANYARD_METRICS_PORT_8080_TCP_ADDR": "10.0.0.1", "LANYARD_PORT": "tcp://10.0.0.1:80",
            ]))
        let notes = report.split(separator: "\n").filter { $0.hasPrefix("note: ") }
        #expect(
            notes == [
                "note: the environment variable LANYARD_LOGLEVEL is of no known key; did you mean LANYARD_LOG_LEVEL?"
            ])
    }

    @Test("the version is the same however it is asked for")
    func version() throws {
        #expect(try VersionCommand.parse([]).text() == "lanyard \(Lanyard.version)")
        #expect(Lanyard.configuration.version == "lanyard \(Lanyard.version)")
        #expect(try VersionCommand.parse(["-o", "json"]).text().contains("\"version\" : \"\(Lanyard.version)\""))
    }

    /// Whoever breaks lines in them has them broken twice.
    @Test("help texts leave the breaking of lines to the terminal")
    func help() {
        func check(_ command: any ParsableCommand.Type) {
            for text in [command.configuration.abstract, command.configuration.discussion] {
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty {
                    #expect(next.isEmpty, "\(command): \(line)")
                }
            }
            for subcommand in command.configuration.subcommands { check(subcommand) }
        }
        check(Lanyard.self)
    }

    @Test("flags of a command reach its configuration")
    func options() throws {
        try withFile(Data(ConfigurationSample.minimal.utf8)) { path in
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
            ["render"],
            ["validate", "-f", "-", "-o", "xml"], ["render", "-f", "-", "-o", "xml"],
            ["doctor", "--config", "a", "-o", "xml"], ["validate", "-f", "-", "--trust-domain", "a/b"],
            ["validate", "-f", "-", "--cluster-name", "A"], ["version", "-o", "xml"], ["uninstall"],
            ["uninstall", "--remove", "--leave"], ["uninstall", "--leave", "--destroy-mounts"],
            ["uninstall", "--remove", "--timeout", "soon"], ["vault-policy", "--config", "a", "--kubeconfig", "b"],
        ])
    func usage(arguments: [String]) throws {
        let error = try #require(throws: (any Error).self) { _ = try Lanyard.parseAsRoot(arguments) }
        #expect(Lanyard.exitCode(for: error).rawValue == 64)
    }
}
