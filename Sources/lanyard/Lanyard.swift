import ArgumentParser

/// The `lanyard` command.
@main
struct Lanyard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanyard",
        abstract: "Gives Kubernetes workloads their SPIFFE identity and the Vault access that goes with it.",
        version: version,
        subcommands: [
            ControllerCommand.self, ValidateCommand.self, RenderCommand.self, VaultPolicyCommand.self,
            DoctorCommand.self, ConfigCommand.self, VersionCommand.self,
        ])

    /// Of the executable and of its images.
    static let version = "0.1.0"

    /// What API servers see in their audit logs.
    static var userAgent: String {
        #if arch(x86_64)
            "lanyard/\(version) (linux/amd64)"
        #else
            "lanyard/\(version) (linux/arm64)"
        #endif
    }
}
