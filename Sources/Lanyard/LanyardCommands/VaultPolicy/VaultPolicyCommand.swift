import ArgumentParser
import KubernetesClient
import KubernetesModel
import LanyardCore
import LanyardOperator
import Logging

/// `lanyard vault-policy --config FILE [--from-cluster] [-f PATH…]`
struct VaultPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-policy", abstract: "Print the least policy that the operator itself needs in Vault.",
        discussion: """
            Derived from the configuration and from the IdentityBoundaries and VaultMounts of the cluster \
            (--from-cluster), among the files (-f), or both. Names that begin with a placeholder, such as \
            {serviceAccount}, are taken from those VaultRoleBindings there that the boundaries allow; without any they \
            are left out, since Vault could only say "every name".

            Examples:

              lanyard vault-policy --config config.yaml -f boundaries/ -f resources/
              lanyard vault-policy --config config.yaml --from-cluster \\
                --policy-name lanyard-operator | vault policy write lanyard-operator -
            """)

    @OptionGroup var options: ConfigurationOptions

    @OptionGroup var policy: OperatorPolicyOptions

    @Flag(
        name: .long,
        help:
            "Takes the boundaries, bindings and mounts of the cluster, as far as whoever runs the command may list them."
    )
    var fromCluster = false

    @Option(
        name: .long, help: ArgumentHelp("Kubeconfig file for --from-cluster.", valueName: "file"),
        completion: .file())
    var kubeconfig: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of the policy in Vault: lets the operator read it, so that lanyard doctor can compare it.",
            valueName: "name"))
    var policyName: String?

    @Flag(
        name: .long,
        help: """
            Lets the operator read the policies of many bindings by one call when it starts, and none that it may not read \
            one by one. For OpenBao from 2.4 on: Vault refuses a policy with that.
            """)
    var policyListing = false

    func validate() throws {
        if kubeconfig != nil, !fromCluster { throw ValidationError("--kubeconfig: is for --from-cluster") }
    }

    func run() async throws {
        let cluster = fromCluster ? try await clusterObjects(environment: .system) : DeclaredObjects()
        print(try text(beside: cluster))
    }

    /// The policy text; what was left out stands in comments at its beginning.
    ///
    /// - Parameter cluster: what the cluster has.
    /// - Throws: `ConfigurationProblems`, `ManifestProblem`.
    func text(
        files: ManifestFiles = ManifestFiles(), beside cluster: DeclaredObjects = DeclaredObjects()
    ) throws -> String {
        let settings = try options.load().planning
        let (policy, refused) = try self.policy.policy(
            settings: settings, cluster: cluster, files: self.policy.objects(of: files), name: policyName)
        let reasons = policy.omissions + refused.map { "VaultRoleBinding \($0), which is not accepted" }
        let omitted = reasons.map { "# Left out: \(Printable.text($0)).\n" }.joined()
        let comment = "What the Lanyard operator of the cluster \(settings.clusterName) needs."
        return omitted + policy.document.hcl(comment: comment) + (policyListing ? PolicyListingRight.text : "")
    }

    /// What the cluster has. A policy for a part of it would take rights away from the operator, so all of it must be read.
    private func clusterObjects(environment: Environment) async throws -> DeclaredObjects {
        let configuration = try options.load()
        let cluster = try ClusterConfiguration.load(kubeconfig: kubeconfig, environment: environment)
        let client = try KubernetesClient(
            cluster, userAgent: Operator.userAgent, environment: environment,
            logger: Logger(label: "lanyard.vault-policy", factory: { _ in SwiftLogNoOpLogHandler() }))
        let probe = ClusterProbe(
            api: client, namespace: configuration.namespace ?? cluster.namespace ?? "lanyard-system",
            watchedNamespaces: configuration.watchNamespaces, settings: configuration.planning)
        let resources = await Terminal.system(environment).during("reading the cluster", clock: environment.clock) {
            await probe.resources()
        }
        try? await client.shutdown()
        if let failure = resources.failure { throw ClusterUnreadable(reason: failure) }
        return resources.objects
    }
}

/// What the policy depends on cannot all be read from the cluster.
struct ClusterUnreadable: Error, CustomStringConvertible {
    let reason: String

    var description: String { "--from-cluster: cannot be read: \(reason)" }
}
