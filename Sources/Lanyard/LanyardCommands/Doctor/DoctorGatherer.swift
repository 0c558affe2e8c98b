import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore
import LanyardOperator
import Logging
import SPIREClient
import VaultClient

/// Looks at everything that the operator depends on, as the operator. Reads only; every call has a deadline.
struct DoctorGatherer: Sendable {
    private let configuration: OperatorConfiguration
    private let namespace: String
    private let options: OperatorPolicyOptions
    private let files: DeclaredObjects
    private let cluster: KubernetesClient
    private let remote: RemoteConnections

    /// Prepares the connections as the operator does.
    ///
    /// - Parameter files: boundaries and bindings that count beside those of the cluster.
    /// - Throws: errors that name the file or key which cannot be used.
    init(
        configuration: OperatorConfiguration, kubeconfig: String?, files: DeclaredObjects,
        options: OperatorPolicyOptions, environment: Environment
    ) throws {
        let logger = Logger(label: "lanyard.doctor", factory: { _ in SwiftLogNoOpLogHandler() })
        self.configuration = configuration
        self.options = options
        self.files = files
        let cluster = try ClusterConfiguration.load(kubeconfig: kubeconfig, environment: environment)
        namespace = configuration.namespace ?? cluster.namespace ?? "lanyard-system"
        self.cluster = try KubernetesClient(
            cluster, userAgent: Operator.userAgent, environment: environment, logger: logger)
        // It writes nothing; a request for capabilities has the form of a write, though.
        remote = try RemoteConnections(
            configuration, fence: { .seconds(60) }, environment: environment, logger: logger)
    }

    /// Looks, and closes the connections.
    func diagnosis() async -> Diagnosis {
        let result = await withTaskGroup(of: Diagnosis?.self) { group in
            group.addTask {
                // It ends with the group.
                try? await remote.spire.run()
                return nil
            }
            if let own = remote.own {
                group.addTask {
                    try? await own.run()
                    return nil
                }
            }
            group.addTask { await look() }
            var diagnosis: Diagnosis?
            while diagnosis == nil, let result = await group.next() { diagnosis = result }
            group.cancelAll()
            return diagnosis
        }
        await remote.vault.close()
        try? await cluster.shutdown()
        return result ?? judge(DoctorFacts(), policy(for: .init()))
    }

    private func look() async -> Diagnosis {
        let probe = ClusterProbe(
            api: cluster, namespace: namespace, watchedNamespaces: configuration.watchNamespaces,
            settings: configuration.planning)
        let resources = await probe.resources()
        let policy = policy(for: resources.objects)
        async let cluster = probe.facts(resources)
        async let spire = SPIREProbe(
            registry: remote.spire, alias: configuration.spire.nodeAlias
        ).facts()
        async let vault = VaultProbe(
            vault: remote.vault, policy: policy, login: login, mounts: configuration.planning.mounts
        ).facts()
        var facts = DoctorFacts()
        (facts.cluster, facts.spire, facts.vault) = await (cluster, spire, vault)
        // Later than the names: what is made meanwhile is claimed first.
        if !facts.vault.listings.isEmpty { facts.cluster.nameOwners = await probe.nameOwners() }
        return judge(facts, policy)
    }

    private func judge(_ facts: DoctorFacts, _ policy: OperatorPolicy) -> Diagnosis {
        let alias = configuration.spire.nodeAlias
        return Diagnosis(
            facts, settings: configuration.planning,
            aliasSelectors: alias.isManaged ? alias.selectors.map(\.description).sorted() : nil, policy: policy,
            login: login)
    }

    /// - Parameter cluster: what the cluster has; the files count beside it.
    private func policy(for cluster: DeclaredObjects) -> OperatorPolicy {
        options.policy(settings: configuration.planning, cluster: cluster, files: files).policy
    }

    private var login: Diagnosis.Login {
        let vault = configuration.vault
        return Diagnosis.Login(
            rolePath: vault.authMethod == .token ? nil : "auth/\(vault.authMount)/role/\(vault.authRole)")
    }
}
