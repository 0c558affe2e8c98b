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
            valueName: "path"),
        completion: .file())
    var filename: [String] = []

    @Flag(
        name: .long,
        help: """
            Lets the operator revoke the leases of every database role of its own, which revokeLeasesOnDelete and the \
            change of a role's connection need. It includes sudo there. Without it, that right is in the policy for those \
            accepted bindings that say revokeLeasesOnDelete, and for no others.
            """)
    var leaseRevocation = false

    /// Reads the files.
    ///
    /// - Throws: `ManifestProblem`.
    func objects(of files: ManifestFiles) throws(ManifestProblem) -> DeclaredObjects {
        var objects = DeclaredObjects()
        for document in try files.documents(at: filename).flatMap(\.objects) {
            objects.add(TypedManifest(document, defaultNamespace: nil))
        }
        return objects
    }

    /// The policy of an operator, and the bindings that count for nothing in it, as the operator would not accept them: what
    /// a tenant only asks for must not count when rights are handed out.
    ///
    /// - Parameters:
    ///   - cluster: what the cluster has.
    ///   - files: what the files add to it.
    ///   - name: the policy's own name, which makes it readable, and no binding's.
    func policy(
        settings: PlanningSettings, cluster: DeclaredObjects, files: DeclaredObjects, name: String? = nil
    ) -> (policy: OperatorPolicy, refused: [ObjectKey]) {
        var settings = settings
        if let name { settings.reservedVaultNames.insert(name) }
        let objects = cluster.adding(files)
        let context = ValidationContext(objects, settings: settings)
        var admitted: [DesiredAccess] = []
        var refused: [ObjectKey] = []
        for binding in objects.bindings {
            switch context.admit(binding) {
            case .success(let access): admitted.append(access)
            case .failure: refused.append(binding.key)
            }
        }
        let policy = OperatorPolicy(
            settings: settings, boundaries: objects.boundaries, admitted: admitted, revokesLeases: leaseRevocation,
            policyName: name, declared: objects.mounts)
        return (policy, refused)
    }
}
