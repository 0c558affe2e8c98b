import ArgumentParser
import KubernetesModel
import LanyardAPI
import LanyardCore

/// What the operator's policy depends on beside the configuration.
struct OperatorPolicyOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "Files with boundaries, bindings and mounts, and what bindings refer to; may be repeated.",
            valueName: "path"))
    var filename: [String] = []

    @Flag(
        name: .long,
        help: """
            Lets the operator revoke the leases of every database role of its own, which revokeLeasesOnDelete and the \
            change of a role's connection need. It includes sudo there. Without it, that right is in the policy for the \
            bindings among the files that ask for it, and for no others.
            """)
    var leaseRevocation = false

    /// What a policy depends on: the resources that need rights, and what tells whether they are accepted.
    struct Contents: Sendable {
        var boundaries: [IdentityBoundary] = []
        /// Names of boundaries that cannot be decoded.
        var unreadable: [String] = []
        var bindings: [VaultRoleBinding] = []
        var identities: [WorkloadIdentity] = []
        var templates: [DatabaseRoleTemplate] = []
        var namespaces: [NamespaceMetadata] = []
        var mounts: [VaultMount] = []

        /// Adds other resources; of two of one name the later counts.
        mutating func add(_ other: Contents) {
            boundaries += other.boundaries
            unreadable += other.unreadable
            bindings += other.bindings
            identities += other.identities
            templates += other.templates
            namespaces += other.namespaces
            mounts += other.mounts
        }

    }

    /// Reads the files.
    ///
    /// - Throws: `ManifestProblem`.
    func contents(of files: ManifestFiles) throws(ManifestProblem) -> Contents {
        var contents = Contents()
        for document in try files.documents(at: filename).flatMap(\.objects) {
            let manifest = TypedManifest(document, defaultNamespace: nil)
            switch manifest.content {
            case .boundary(let boundary): contents.boundaries.append(boundary)
            case .binding(let binding): contents.bindings.append(binding)
            case .mount(let mount): contents.mounts.append(mount)
            case .identity(let identity): contents.identities.append(identity)
            case .template(let template): contents.templates.append(template)
            case .namespace(let namespace): contents.namespaces.append(namespace)
            case nil:
                if manifest.kind == IdentityBoundary.descriptor.kind {
                    contents.unreadable.append(manifest.metadata?.name ?? "")
                }
            }
        }
        return contents
    }

    /// The policy of an operator, and the bindings that count for nothing in it, as the operator would not accept them.
    ///
    /// - Parameter name: the policy's own name, which makes it readable, and no binding's.
    func policy(
        settings: PlanningSettings, for contents: Contents, name: String? = nil
    ) -> (policy: OperatorPolicy, refused: [ObjectKey]) {
        var settings = settings
        if let name { settings.reservedVaultNames.insert(name) }
        let (admitted, refused) = AdmittedBindings.among(contents, settings: settings)
        let policy = OperatorPolicy(
            settings: settings, boundaries: contents.boundaries, admitted: admitted, revokesLeases: leaseRevocation,
            policyName: name, declared: contents.mounts)
        return (policy, refused)
    }
}
