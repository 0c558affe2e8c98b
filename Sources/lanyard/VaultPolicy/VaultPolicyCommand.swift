import ArgumentParser
import LanyardCore

/// `lanyard vault-policy --config FILE [-f PATH…]`
struct VaultPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-policy", abstract: "Print the least policy that the operator itself needs in Vault.",
        discussion: """
            Derived from the configuration and from the IdentityBoundaries and VaultMounts among the files. Names
            that begin with a placeholder, such as {serviceAccount}, are taken from the VaultRoleBindings among the
            files; without any they are left out, since Vault could only say "every name".

            lanyard vault-policy --config lanyard.yaml -f boundaries/ | vault policy write lanyard-operator -
            """)

    @OptionGroup var options: ConfigurationOptions

    @OptionGroup var policy: OperatorPolicyOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of the policy in Vault: lets the operator read it, so that lanyard doctor can compare it.",
            valueName: "name"))
    var policyName: String?

    func run() throws {
        print(try text())
    }

    /// The policy text; what was left out stands in comments at its beginning.
    ///
    /// - Throws: `ConfigurationProblems`, `ManifestProblem`.
    func text(files: ManifestFiles = ManifestFiles()) throws -> String {
        let settings = try options.load().planning
        let contents = try policy.contents(of: files)
        let policy = policy.policy(settings: settings, for: contents, name: policyName)
        let omitted = policy.omissions.map { "# Left out: \(Printable.text($0)).\n" }.joined()
        let comment = "What the Lanyard operator of the cluster \(settings.clusterName) needs."
        return omitted + policy.document.hcl(comment: comment)
    }
}
