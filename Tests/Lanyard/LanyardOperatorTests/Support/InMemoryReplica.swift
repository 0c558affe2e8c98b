import ControllerRuntime
import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import Logging
import SPIREEmulator
import Testing
import VaultTesting

@testable import LanyardOperator

/// The controllers of one replica, wired as the operator wires them, over an API server and systems in memory.
struct InMemoryReplica {
    let election: Election
    let controllers: ControllerServices

    /// - Parameter settings: flags of the configuration.
    init(
        _ name: String = "test", over api: any KubernetesAPI, events: any EventRecorder = NoEvents(),
        settings: [String] = [], logger: Logger
    ) throws {
        let configuration = try OperatorConfiguration(ConfigurationSample.sources(set: settings))
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        let spire = EmulatorState(
            datastore: EntryDatastore(trustDomain: trustDomain) { UUID().uuidString },
            agents: AgentDirectory(trustDomain: trustDomain))
        election = try Election(
            configuration: configuration.leaderElection, namespace: "lanyard-system", identity: name, api: api,
            environment: .system, logger: logger)
        controllers = try ControllerServices(
            in: OperatorContext(
                configuration: configuration,
                ports: OperatorPorts(
                    api: api, registry: InMemoryEntryRegistry(state: spire), vault: InMemoryVault(mounts: [:]),
                    events: events),
                namespace: "lanyard-system", own: nil, election: election, environment: .system, logger: logger))
    }
}

/// Records nothing.
struct NoEvents: EventRecorder {
    func record(_ event: ObjectEvent) {}
}
