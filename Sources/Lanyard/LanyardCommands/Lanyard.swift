package import ArgumentParser
import LanyardOperator

/// The `lanyard` command.
package struct Lanyard: AsyncParsableCommand {
    /// Its subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "lanyard",
        abstract: "Gives Kubernetes workloads their SPIFFE identity and the Vault access that goes with it.",
        version: versionText,
        subcommands: [
            ControllerCommand.self, ValidateCommand.self, RenderCommand.self, VaultPolicyCommand.self,
            DoctorCommand.self, BundleCommand.self, CRDsCommand.self, UninstallCommand.self, ConfigCommand.self,
            VersionCommand.self,
        ])

    /// The version for people.
    static var versionText: String { "lanyard \(Operator.version)" }

    /// Has no options of its own.
    package init() {}
}
