import Configuration
import LanyardCore

/// The places from which configuration comes: `--set`, then the environment, then the file, then defaults.
package struct ConfigurationSources {
    private let file: ConfigurationFile
    private let environment: [String: String]
    private var settings: [String: ConfigurationValue.Content] = [:]
    /// What is wrong before a value is looked at.
    private(set) var problems: [String]

    /// Gathers sources.
    ///
    /// - Parameters:
    ///   - settings: `key.path=value`, as given to `--set`; the last one of a key counts.
    ///   - environment: all environment variables; only those of known keys matter, since Kubernetes itself makes
    ///     variables for a Service that happens to be named `lanyard`.
    package init(file: ConfigurationFile, environment: [String: String], settings: [String]) {
        self.file = file
        self.environment = environment
        problems = file.problems
        for setting in settings {
            // The value may be something that should not be printed, so only the key is.
            guard let equals = setting.firstIndex(of: "=") else {
                problems.append("--set: must be key.path=value")
                continue
            }
            let name = String(setting[..<equals])
            let value = String(setting[setting.index(after: equals)...])
            if let key = ConfigurationKey.named(name) {
                self.settings[name] = key.kind == .list ? .list(Self.list(value)) : .text(value)
            } else {
                let suggestion =
                    ConfigurationNames.suggestion(for: name, includingSections: false).map { "; did you mean \($0)?" }
                    ?? ""
                problems.append("--set: \(name): is no known key\(suggestion)")
            }
        }
    }

    /// Environment variables that look like one that was meant for a key, and are none. Kubernetes itself makes others that
    /// begin alike, so that they are no error.
    package var notes: [String] {
        let known = ConfigurationKey.all.map(\.environmentVariable)
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("LANYARD_"), !known.contains(name),
                let near = Spelling.nearest(to: name, among: known, within: 2)
            else { return nil }
            return "the environment variable \(name) is of no known key; did you mean \(near)?"
        }
    }

    /// Where a missing value should have been.
    var fileName: String { file.name }

    /// The value of each key that has one.
    func values() -> [ConfigurationKey: ConfigurationValue] {
        let providers = providers()
        var values: [ConfigurationKey: ConfigurationValue] = [:]
        for key in ConfigurationKey.all {
            for (source, provider) in providers {
                guard let content = content(of: key, in: provider) else { continue }
                values[key] = ConfigurationValue(content: content, source: source(key))
                break
            }
        }
        return values
    }

    /// The effective configuration: each value with its source, and what is noted.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    package func report() throws(ConfigurationProblems) -> ConfigurationReport {
        var reading = ConfigurationReading(self)
        _ = try OperatorConfiguration(reading: &reading)
        return ConfigurationReport(reading.effective, notes: notes)
    }

    private func providers() -> [(source: (ConfigurationKey) -> ConfigurationValue.Source, any ConfigProvider)] {
        let defaults = ConfigurationKey.all.reduce(into: [String: ConfigurationValue.Content]()) { result, key in
            result[key.name] = key.defaultText.map { .text($0) }
        }
        return [
            ({ _ in .flag }, Self.provider(settings)),
            (
                { .environment(variable: $0.environmentVariable) },
                EnvironmentVariablesProvider(environmentVariables: environment)
            ),
            ({ [file] in .file(position: file.positions[$0.name] ?? file.name) }, Self.provider(file.values)),
            ({ _ in .default }, Self.provider(defaults)),
        ]
    }

    private func content(of key: ConfigurationKey, in provider: any ConfigProvider) -> ConfigurationValue.Content? {
        let type: ConfigType = key.kind == .list ? .stringArray : .string
        // Both types are always there as such, so that a lookup cannot fail.
        switch try? provider.value(forKey: AbsoluteConfigKey(key.words), type: type).value?.content {
        case .string(let text): return .text(text)
        case .stringArray(let items): return .list(items == [""] ? [] : items)
        default: return nil
        }
    }

    private static func provider(_ values: [String: ConfigurationValue.Content]) -> InMemoryProvider {
        var contents: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, content) in values {
            guard let key = ConfigurationKey.named(name) else { continue }
            switch content {
            case .text(let text): contents[AbsoluteConfigKey(key.words)] = ConfigValue(.string(text), isSecret: false)
            case .list(let items):
                contents[AbsoluteConfigKey(key.words)] = ConfigValue(.stringArray(items), isSecret: false)
            }
        }
        return InMemoryProvider(values: contents)
    }

    private static func list(_ text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
