import ArgumentParser
import KubernetesModel
import LanyardAPI
import LanyardCore

/// What the operator's policy depends on beside the configuration.
struct OperatorPolicyOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp("Files with boundaries, bindings and mounts; may be repeated.", valueName: "path"))
    var filename: [String] = []

    @Flag(
        name: .long,
        help: """
            Lets the operator revoke the leases of every database role of its own, which revokeLeasesOnDelete and the \
            change of a role's connection need. It includes sudo there. Without it, that right is in the policy for the \
            bindings among the files that ask for it, and for no others.
            """)
    var leaseRevocation = false

    /// Boundaries, bindings and mounts among the files.
    struct Contents: Sendable {
        var boundaries: [IdentityBoundary] = []
        var bindings: [VaultRoleBinding] = []
        var mounts: [VaultMount] = []
    }

    /// Reads the files.
    ///
    /// - Throws: `ManifestProblem`.
    func contents(of files: ManifestFiles) throws(ManifestProblem) -> Contents {
        var contents = Contents()
        for document in try files.documents(at: filename).flatMap(\.objects) {
            switch TypedManifest(document, defaultNamespace: nil).content {
            case .boundary(let boundary): contents.boundaries.append(boundary)
            case .binding(let binding): contents.bindings.append(binding)
            case .mount(let mount): contents.mounts.append(mount)
            case .identity, .template, .namespace, nil: break
            }
        }
        return contents
    }

    /// The policy of an operator.
    ///
    /// - Parameter name: the policy's own name, which makes it readable.
    func policy(settings: PlanningSettings, for contents: Contents, name: String? = nil) -> OperatorPolicy {
        OperatorPolicy(
            settings: settings, boundaries: contents.boundaries, bindings: contents.bindings,
            revokesLeases: leaseRevocation, policyName: name, declared: contents.mounts)
    }
}
