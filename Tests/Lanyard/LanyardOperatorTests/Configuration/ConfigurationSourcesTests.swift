import Testing

@testable import LanyardOperator

@Suite("ConfigurationSources")
struct ConfigurationSourcesTests {
    private func value(
        _ key: ConfigurationKey, _ yaml: String = "", environment: [String: String] = [:], set settings: [String] = []
    ) -> ConfigurationValue? {
        ConfigurationSample.sources(yaml, environment: environment, set: settings).values()[key]
    }

    @Test("a flag comes before the environment, that before the file, and that before the default")
    func precedence() {
        let file = "reconcile:\n  workers: 3"
        let environment = ["LANYARD_RECONCILE_WORKERS": "4"]
        #expect(value(.reconcileWorkers) == .init(content: .text("8"), source: .default))
        #expect(
            value(.reconcileWorkers, file) == .init(content: .text("3"), source: .file(position: "lanyard.yaml:2:12")))
        #expect(
            value(.reconcileWorkers, file, environment: environment)
                == .init(content: .text("4"), source: .environment(variable: "LANYARD_RECONCILE_WORKERS")))
        #expect(
            value(
                .reconcileWorkers, file, environment: environment, set: ["reconcile.workers=5", "reconcile.workers=6"])
                == .init(content: .text("6"), source: .flag))
    }

    @Test("every key can be given in the environment and by flag", arguments: ConfigurationKey.all)
    func everyKey(key: ConfigurationKey) {
        let expected: ConfigurationValue.Content = key.kind == .list ? .list(["a", "b"]) : .text("a,b")
        #expect(value(key, environment: [key.environmentVariable: "a,b"])?.content == expected)
        #expect(value(key, set: ["\(key.name)=a,b"])?.content == expected)
    }

    @Test("every key can be given in the file", arguments: ConfigurationKey.all)
    func everyKeyInFile(key: ConfigurationKey) {
        let parts = key.name.split(separator: ".")
        let text = key.kind == .list ? "[a, b]" : "a"
        let yaml =
            parts.dropLast().map { "{\($0): " }.joined()
            + "\(parts.count > 1 ? "{" : "")\(parts[parts.count - 1]): \(text)"
            + String(repeating: "}", count: parts.count > 1 ? parts.count : 0)
        let expected: ConfigurationValue.Content = key.kind == .list ? .list(["a", "b"]) : .text("a")
        #expect(value(key, yaml)?.content == expected)
    }

    @Test("a value may have an equals sign, a list may be empty, an environment value may be")
    func oddValues() {
        #expect(value(.vaultCAFile, set: ["vault.caFile=a=b"])?.content == .text("a=b"))
        #expect(value(.watchNamespaces, set: ["watchNamespaces="])?.content == .list([]))
        #expect(value(.watchNamespaces, environment: ["LANYARD_WATCH_NAMESPACES": ""])?.content == .list([]))
        #expect(value(.vaultCAFile, environment: ["LANYARD_VAULT_CA_FILE": ""])?.content == .text(""))
    }

    @Test("null in the file is as if the key were not there", arguments: ["", " ~", " null"])
    func null(text: String) {
        #expect(value(.reconcileWorkers, "reconcile:\n  workers:\(text)")?.source == .default)
        #expect(ConfigurationSample.sources("reconcile:\(text)").problems == [])
    }

    @Test("variables of a Service that happens to be named lanyard are no problem")
    func serviceLinks() {
        let environment = ["LANYARD_PORT": "tcp://10.0.0.1:80", "LANYARD_SERVICE_HOST": "10.0.0.1"]
        #expect(ConfigurationSample.problems(environment: environment) == [])
    }

    @Test(
        "an unknown key is a problem with its position and what may have been meant",
        arguments: [
            ("clustername: a", "lanyard.yaml:1:1: clustername: is no known key; did you mean clusterName?"),
            (
                "vault:\n  adress: a",
                "lanyard.yaml:2:3: vault.adress: is no known key; did you mean vault.address?"
            ),
            ("valt: {address: a}", "lanyard.yaml:1:1: valt: is no known key; did you mean vault?"),
            ("workers: 3", "lanyard.yaml:1:1: workers: is no known key; did you mean reconcile.workers?"),
            ("somethingElse: 3", "lanyard.yaml:1:1: somethingElse: is no known key"),
            ("vault.address: a", "lanyard.yaml:1:1: vault.address: must be nested: vault, then address"),
        ])
    func unknownKeys(yaml: String, expected: String) {
        #expect(ConfigurationSample.sources(yaml).problems == [expected])
    }

    @Test(
        "a value of the wrong shape is a problem with its position",
        arguments: [
            ("clusterName: [a]", "lanyard.yaml:1:14: clusterName: must be a single value"),
            ("clusterName: {a: b}", "lanyard.yaml:1:14: clusterName: must be a single value"),
            ("watchNamespaces: a", "lanyard.yaml:1:18: watchNamespaces: must be a list of texts"),
            ("watchNamespaces: [[a]]", "lanyard.yaml:1:18: watchNamespaces: must be a list of texts"),
            ("watchNamespaces: [~]", "lanyard.yaml:1:18: watchNamespaces: must be a list of texts"),
            ("vault: a", "lanyard.yaml:1:8: vault: must be a section with keys"),
            ("[a]", "lanyard.yaml:1:1: must be a section with keys"),
            ("{[a]: b}", "lanyard.yaml:1:2: has a key that is no text"),
        ])
    func shapes(yaml: String, expected: String) {
        #expect(ConfigurationSample.sources(yaml).problems == [expected])
    }

    @Test(
        "what is not one YAML document is one problem that names the file",
        arguments: ["a: [", "a: b: c", "\t- a", "clusterName: a\nclusterName: b", "a: 1\n---\nb: 2", "*nothing"])
    func notYAML(yaml: String) throws {
        let problems = ConfigurationSample.sources(yaml).problems
        #expect(problems.count == 1)
        #expect(try #require(problems.first).hasPrefix("lanyard.yaml: is not valid YAML: "))
    }

    @Test(
        "a flag that is none is a problem that names its key and never its value",
        arguments: [
            ("hunter2", "--set: must be key.path=value"),
            ("vault.token=hunter2", "--set: vault.token: is no known key"),
            ("reconcile.worker=hunter2", "--set: reconcile.worker: is no known key; did you mean reconcile.workers?"),
            ("vault=hunter2", "--set: vault: is no known key"),
        ])
    func badFlags(setting: String, expected: String) throws {
        let problem = try #require(ConfigurationSample.sources(set: [setting]).problems.first)
        #expect(problem.hasPrefix(expected))
        #expect(!problem.contains("hunter2"))
    }
}
