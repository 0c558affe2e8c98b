import ArgumentParser

/// The `lanyard` command.
@main
struct Lanyard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanyard",
        abstract: "Gives Kubernetes workloads their SPIFFE identity and the Vault access that goes with it.",
        version: versionText,
        subcommands: [
            ControllerCommand.self, ValidateCommand.self, RenderCommand.self, VaultPolicyCommand.self,
            DoctorCommand.self, UninstallCommand.self, ConfigCommand.self, VersionCommand.self,
        ])

    /// Of the executable and of its images.
    static let version = "0.1.0"

    /// The same for people.
    static var versionText: String { "lanyard \(version)" }

    /// What the executable was built for, as images name it.
    static var platform: String {
        #if arch(x86_64)
            "linux/amd64"
        #else
            "linux/arm64"
        #endif
    }

    /// What API servers see in their audit logs.
    static var userAgent: String { "lanyard/\(version) (\(platform))" }
}
