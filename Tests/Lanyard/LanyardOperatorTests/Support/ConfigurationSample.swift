import Testing

@testable import LanyardOperator

/// Files for tests.
enum ConfigurationSample {
    /// The least that is valid.
    static let minimal = """
        clusterName: production
        trustDomain: neural-hive.local
        spire:
          nodeAlias:
            selectors: ["k8s_psat:cluster:production"]
        vault:
          address: https://vault.vault.svc:8200
        """

    /// Sources with a file named `lanyard.yaml`.
    static func sources(
        _ yaml: String = minimal, environment: [String: String] = [:], set settings: [String] = []
    ) -> ConfigurationSources {
        ConfigurationSources(
            file: ConfigurationFile(name: "lanyard.yaml", yaml: yaml), environment: environment, settings: settings)
    }

    /// The problems of a configuration; empty when it is valid.
    static func problems(
        _ yaml: String = minimal, environment: [String: String] = [:], set settings: [String] = []
    ) -> [String] {
        do throws(ConfigurationProblems) {
            _ = try OperatorConfiguration(sources(yaml, environment: environment, set: settings))
            return []
        } catch {
            return error.problems
        }
    }
}

extension ConfigurationKey: CustomTestStringConvertible {
    /// The key in the file.
    public var testDescription: String { name }
}
