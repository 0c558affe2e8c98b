import ArgumentParser

/// `lanyard config check --config FILE`
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration and print what holds, and where it comes from.",
        discussion: """
            Values come from --set, environment variables (LANYARD_…), the file, and defaults, in this order. Exits with \
            1 if anything is wrong.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        print(try Self.report(on: options.sources()))
    }

    /// The effective configuration, one value per line with its source, and `OK`.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    static func report(on sources: ConfigurationSources) throws(ConfigurationProblems) -> String {
        var reading = ConfigurationReading(sources)
        _ = try OperatorConfiguration(reading: &reading)
        let notes = sources.notes.map { "note: \($0)" }
        return (reading.effective.map(\.line) + notes + ["OK"]).joined(separator: "\n")
    }
}
