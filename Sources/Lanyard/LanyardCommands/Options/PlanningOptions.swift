import ArgumentParser
import LanyardAPI
import LanyardCore
import LanyardOperator

/// What planning offline needs to know of the operator.
struct PlanningOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The operator's configuration file, for names, trust domain and mounts. The next two options do without it.",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Option(name: .long, help: "The cluster's name.")
    var clusterName: String = "cluster"

    @Option(name: .long, help: "The trust domain.")
    var trustDomain: String = "example.org"

    func validate() throws {
        guard config == nil else { return }
        if !KubernetesName.isDNSLabel(clusterName) { throw ValidationError("--cluster-name: must be a DNS label") }
        if TrustDomain(trustDomain) == nil { throw ValidationError("--trust-domain: must be a trust domain") }
    }

    /// What the configuration file says, or the other two options.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    func settings() throws(ConfigurationProblems) -> PlanningSettings {
        if let config {
            return try ConfigurationOptions.reading(config).load().planning
        }
        guard KubernetesName.isDNSLabel(clusterName) else {
            throw ConfigurationProblems(problems: ["--cluster-name: must be a DNS label"])
        }
        guard let domain = TrustDomain(trustDomain),
            let alias = try? SPIFFEID(trustDomain: domain, path: "/ns/spire-system/sa/spire-agent")
        else { throw ConfigurationProblems(problems: ["--trust-domain: must be a trust domain"]) }
        return PlanningSettings(
            clusterName: clusterName, trustDomain: domain, nodeAlias: alias, mounts: MountNames(),
            reservedVaultNames: ["lanyard"])
    }
}
