import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore

/// `lanyard vault-policy --config FILE [-f PATH…]`
struct VaultPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-policy", abstract: "Print the least policy that the operator itself needs in Vault.",
        discussion: """
            Derived from the configuration and from the IdentityBoundaries among the files. Names that begin with a
            placeholder, such as {serviceAccount}, are taken from the VaultRoleBindings among the files; without any they
            are left out, since Vault could only say "every name".

            lanyard vault-policy --config lanyard.yaml -f boundaries/ | vault policy write lanyard-operator -
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("Files with boundaries and bindings; may be repeated.", valueName: "path"))
    var filename: [String] = []

    @Flag(
        help: ArgumentHelp(
            "Leave out the right to revoke leases of the operator's database roles, for which Vault demands sudo.",
            discussion: "Then revokeLeasesOnDelete, and recreatePolicy Recreate for a role of another connection, fail."
        ))
    var withoutLeaseRevocation = false

    func run() throws {
        print(try text())
    }

    /// The policy text; what was left out stands in comments at its beginning.
    ///
    /// - Throws: `ConfigurationProblems`, `ManifestProblem`.
    func text(files: ManifestFiles = ManifestFiles()) throws -> String {
        let settings = try options.load().planning
        var boundaries: [IdentityBoundary] = []
        var bindings: [VaultRoleBinding] = []
        for document in try files.documents(at: filename).flatMap(\.objects) {
            let manifest = TypedManifest(document, defaultNamespace: nil)
            switch manifest.content {
            case .boundary(let boundary): boundaries.append(boundary)
            case .binding(let binding): bindings.append(binding)
            case .identity, .template, .mount, .namespace, nil: break
            }
        }
        let policy = OperatorPolicy(
            settings: settings, boundaries: boundaries, bindings: bindings, revokesLeases: !withoutLeaseRevocation)
        let omitted = policy.omissions.map { "# Left out: \(Printable.text($0)).\n" }.joined()
        let comment = "What the Lanyard operator of the cluster \(settings.clusterName) needs."
        return omitted + policy.document.hcl(comment: comment)
    }
}
