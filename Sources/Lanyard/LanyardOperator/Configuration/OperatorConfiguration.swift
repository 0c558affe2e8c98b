import LanyardAPI
import LanyardControllers
package import LanyardCore
package import Logging

/// The operator's configuration, checked. It never holds a secret: tokens are read from files.
package struct OperatorConfiguration: Equatable, Sendable {
    /// A DNS label; part of every owned name.
    var clusterName: String
    var trustDomain: TrustDomain
    /// SPIFFE ID path of identities that do not say one.
    var spiffeIDTemplate: String
    /// The operator's own namespace; nil: where it runs.
    package var namespace: String?
    /// Namespaces to act in; empty: all.
    package var watchNamespaces: [String]
    /// How SPIRE is reached.
    package var spire: SPIREConfiguration
    /// How Vault is reached.
    package var vault: VaultConfiguration
    var reconcile: ReconcileConfiguration
    var leaderElection: LeaderElectionConfiguration
    var server: ServerConfiguration
    /// Whether metrics name namespaces.
    var metricsNameNamespaces: Bool
    /// What is logged.
    package var log: LogConfiguration

    /// Checks what the sources say.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    package init(_ sources: ConfigurationSources) throws(ConfigurationProblems) {
        var reading = ConfigurationReading(sources)
        try self.init(reading: &reading)
    }

    /// Reads all values.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    init(reading: inout ConfigurationReading) throws(ConfigurationProblems) {
        let clusterName = reading.value(.clusterName, "must be a DNS label: 1 to 63 of a-z 0-9 -") {
            KubernetesName.isDNSLabel($0) ? $0 : nil
        }
        let trustDomain = reading.value(.trustDomain, "must be a trust domain: a-z 0-9 - . _ without spiffe://") {
            TrustDomain($0)
        }
        spiffeIDTemplate = reading.spiffeIDTemplate(trustDomain: trustDomain)
        namespace = reading.value(.namespace, "must be a namespace") { KubernetesName.isDNSLabel($0) ? $0 : nil }
        watchNamespaces = reading.namespaces(.watchNamespaces)
        let spire = SPIREConfiguration(reading: &reading, trustDomain: trustDomain)
        let vault = VaultConfiguration(reading: &reading)
        reconcile = ReconcileConfiguration(reading: &reading)
        leaderElection = LeaderElectionConfiguration(reading: &reading)
        server = ServerConfiguration(reading: &reading)
        metricsNameNamespaces = reading.flag(.metricsNamespaces)
        log = LogConfiguration(reading: &reading)
        guard reading.problems.isEmpty, let clusterName, let trustDomain, let spire, let vault else {
            throw ConfigurationProblems(problems: reading.problems)
        }
        self.clusterName = clusterName
        self.trustDomain = trustDomain
        self.spire = spire
        self.vault = vault
    }

    /// What planners need of it.
    package var planning: PlanningSettings {
        PlanningSettings(
            clusterName: clusterName, trustDomain: trustDomain, spiffeIDTemplate: spiffeIDTemplate,
            nodeAlias: spire.nodeAlias.id, agentIDTemplate: spire.agentIDTemplate,
            mounts: vault.mounts, reservedVaultNames: vault.reservedNames)
    }
}

extension ConfigurationReading {
    /// The template, tried out with sample names.
    fileprivate mutating func spiffeIDTemplate(trustDomain: TrustDomain?) -> String {
        let text = text(.spiffeIDTemplate) ?? PlanningSettings.defaultSPIFFEIDTemplate
        guard let trustDomain else { return text }
        do throws(TemplateError) {
            _ = try PlaceholderTemplate(text).spiffeID(
                with: TemplateValues(
                    namespace: "namespace", name: "name", serviceAccount: "account", cluster: "cluster",
                    trustDomain: trustDomain))
        } catch {
            problem(.spiffeIDTemplate, "\(error)")
        }
        return text
    }

    private static let namespaceLimit = 64

    /// A list of namespaces.
    fileprivate mutating func namespaces(_ key: ConfigurationKey) -> [String] {
        let names = list(key)
        for name in names where !KubernetesName.isDNSLabel(name) {
            problem(key, "\(Excerpt.quoting(name)) is no namespace")
        }
        // Each is watched by itself, over connections of its own.
        if names.count > Self.namespaceLimit {
            problem(
                key, "must not have more than \(Self.namespaceLimit) namespaces: watch all, or run several operators")
        }
        if Set(names).count < names.count { problem(key, "must not name a namespace twice") }
        return names
    }
}

/// How much is done at a time, and how often everything is verified.
struct ReconcileConfiguration: Equatable, Sendable {
    /// VaultMounts, and VaultRoleBindings of one namespace, that are worked on at a time.
    var workers: Int
    /// Each object is verified at least this often.
    var resyncInterval: Duration

    /// Most passes over objects of one kind at a time: each has timers, calls and memory of its own.
    static let passLimit = 4_096
    /// How many passes each worker stands for, of the kind that has most.
    static let passesPerWorker = max(IdentityReconciler.passesPerWorker, BindingReconciler.passesPerWorker)
    /// So that no kind has more passes than that.
    static let workerLimit = passLimit / passesPerWorker

    /// How many passes there may be over the identities of one namespace: a quarter of all. Two calls to SPIRE have to be
    /// filled by them, the one in flight and the next.
    static func identityShare(workers: Int) -> Int { workers * IdentityReconciler.passesPerWorker / 4 }

    init(reading: inout ConfigurationReading) {
        workers = reading.number(
            .reconcileWorkers, in: 1...Self.workerLimit,
            because: "each stands for up to \(Self.passesPerWorker) passes; more than \(Self.passLimit) are too many")
        resyncInterval = reading.duration(.reconcileResyncInterval, in: .seconds(1)...(.seconds(86_400)))
    }
}

/// What is logged, and how.
package struct LogConfiguration: Equatable, Sendable {
    /// What is less than this is left out.
    package var level: Logger.Level
    var format: Format

    /// How a line is written.
    enum Format: String, Sendable {
        case json
        case text
    }

    init(reading: inout ConfigurationReading) {
        let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        level = reading.value(.logLevel, "must be one of \(levels)") { Logger.Level(rawValue: $0) } ?? .info
        format = reading.value(.logFormat, "must be json or text") { Format(rawValue: $0) } ?? .json
    }
}
