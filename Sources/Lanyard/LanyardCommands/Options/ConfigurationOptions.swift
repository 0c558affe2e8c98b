import ArgumentParser
import FoundationEssentials
import LanyardOperator

/// The options of every command that needs the operator's configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Configuration file (YAML).", valueName: "file"), completion: .file())
    var config: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override one value; may be repeated. Lists have commas between items.", valueName: "key.path=value"))
    var settings: [String] = []

    /// The checked configuration, from flags, environment and file.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    func load(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationProblems) -> OperatorConfiguration {
        try OperatorConfiguration(sources(environment: environment))
    }

    /// What the places say, unchecked.
    ///
    /// - Throws: `ConfigurationProblems` when the file cannot be read.
    func sources(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationProblems) -> ConfigurationSources {
        guard let contents = FileManager.default.contents(atPath: config) else {
            throw ConfigurationProblems(problems: ["\(config): cannot be read"])
        }
        guard let yaml = String(validating: contents, as: UTF8.self) else {
            throw ConfigurationProblems(problems: ["\(config): must be UTF-8 text"])
        }
        return ConfigurationSources(
            file: ConfigurationFile(name: config, yaml: yaml), environment: environment, settings: settings)
    }

    /// The options that `--config FILE` alone gives.
    static func reading(_ file: String) -> ConfigurationOptions {
        var options = ConfigurationOptions()
        options.config = file
        options.settings = []
        return options
    }
}
