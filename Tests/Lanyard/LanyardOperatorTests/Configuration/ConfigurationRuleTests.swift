import ControllerRuntime
import Testing

@testable import LanyardOperator

@Suite("OperatorConfiguration, rules")
struct ConfigurationRuleTests {
    /// A value that is refused.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let setting: String
        let because: String
        var testDescription: String { setting }
        var key: String { String(setting.prefix { $0 != "=" }) }

        init(_ setting: String, _ because: String) {
            self.setting = setting
            self.because = because
        }
    }

    private static let wrongs: [Wrong] = [
        Wrong("clusterName=prod.eu", "DNS label"), Wrong("clusterName=Prod", "DNS label"),
        Wrong("clusterName=", "must not be empty"),
        Wrong("trustDomain=Neural", "trust domain"),
        Wrong("spiffeIDTemplate=/ns/{nobody}", "unknown placeholder"),
        Wrong("spiffeIDTemplate=ns/{name}", "path that starts with /"),
        Wrong("spiffeIDTemplate=/spire/{name}", "under /spire"),
        Wrong("spiffeIDTemplate=/{podLabel:a}", "which needs placement Pod"),
        Wrong("namespace=a.b", "namespace"), Wrong("watchNamespaces=a_b", "\"a_b\" is no namespace"),
        Wrong("watchNamespaces=a,a", "must not name a namespace twice"),
        Wrong("spire.address=tcp://spire", "tcp:// with host and port"),
        Wrong("spire.address=/run/api.sock", "unix:// and the absolute path"),
        Wrong("spire.address=unix://api.sock", "unix:// and the absolute path"),
        Wrong("spire.address=unix:///", "unix:// and the absolute path"),
        Wrong("spire.workloadAPI=/other.sock", "unix:// and the absolute path"),
        Wrong("spire.serverID=other", "a path that starts with /"),
        Wrong("spire.agentIDTemplate=/a", "must have {nodeUID} or {node}"),
        Wrong("spire.agentIDTemplate=/spire/server/{node}", "must be the ID of an agent"),
        Wrong("spire.agentIDTemplate=/spire/agent/{pod}", "which needs placement Pod"),
        Wrong("spire.agentIDTemplate=spire/{nodeUID}", "path that starts with /"),
        Wrong("spire.nodeAlias.id=/spire/agent/k8s_psat/a/b", "refuses an alias entry"),
        Wrong("spire.nodeAlias.id=spiffe://other.org/a", "in the trust domain neural-hive.local"),
        Wrong("spire.nodeAlias.id=spiffe://neural-hive.local", "must have a path"),
        Wrong("spire.nodeAlias.id=alias", "path that starts with /"),
        Wrong("spire.nodeAlias.id=/a/", "trailing slash"),
        Wrong("spire.nodeAlias.manage=yes", "true or false"),
        Wrong("spire.nodeAlias.selectors=k8s_psat", "\"k8s_psat\" is not of the form type:value"),
        Wrong("spire.nodeAlias.selectors=", "is required while spire.nodeAlias.manage is true"),
        Wrong("vault.address=vault:8200", "http:// or https://"),
        Wrong("vault.address=https://", "http:// or https://"),
        Wrong("vault.address=ftp://vault", "http:// or https://"),
        Wrong("vault.address=https://vault/v1", "nothing else"),
        Wrong("vault.address=https://vault?x=1", "nothing else"),
        Wrong("vault.address=https://vault:99999", "nothing else"),
        Wrong("vault.namespace=/a", "must be"), Wrong("vault.auth.method=ldap", "must be kubernetes, jwtSVID or token"),
        Wrong("vault.auth.method=", "must not be empty"),
        Wrong("vault.auth.mount=a//b", "mount path"), Wrong("vault.auth.mount=token", "own mounts"),
        Wrong("vault.auth.role=a/b", "letters, digits"), Wrong("vault.auth.audience=", "must not be empty"),
        Wrong("vault.mounts.kv=sys", "own mounts"), Wrong("vault.mounts.kubernetesAuth=../x", "mount path"),
        Wrong("vault.mounts.jwtAuth=", "must not be empty"), Wrong("vault.mounts.database=a b", "mount path"),
        Wrong("vault.mounts.pki=/pki", "mount path"), Wrong("vault.mounts.transit=auth/x", "own mounts"),
        Wrong("vault.maxConcurrentRequests=0", "from 1 to 1024"),
        Wrong("vault.maxConcurrentRequests=1025", "from 1 to 1024"),
        Wrong("reconcile.workers=0", "from 1 to 64"), Wrong("reconcile.workers=-1", "from 1 to 64"),
        Wrong("reconcile.workers=many", "from 1 to 64"),
        Wrong("reconcile.workers=65", "from 1 to 64: each stands for up to 64 passes; more than 4096 are too many"),
        Wrong("reconcile.workers=99999999999999999999", "from 1 to 64"),
        Wrong("reconcile.resyncInterval=10", "duration"), Wrong("reconcile.resyncInterval=25h", "from 1s to 24h"),
        Wrong("reconcile.resyncInterval=500ms", "whole seconds"),
        Wrong("reconcile.resyncInterval=0s", "longer than zero"),
        Wrong("leaderElection.enabled=1", "true or false"),
        Wrong("leaderElection.leaseDuration=10s", "longer than leaderElection.renewDeadline"),
        Wrong("leaderElection.renewDeadline=2s", "longer than leaderElection.retryPeriod"),
        Wrong("leaderElection.retryPeriod=x", "duration"),
        Wrong("server.metrics=8080", "host:port"), Wrong("server.metrics=:8080", "host:port"),
        Wrong("server.health=0.0.0.0:65536", "host:port"),
        Wrong("server.health=0.0.0.0:8080", "same as server.metrics"),
        Wrong("log.level=loud", "must be one of trace, debug, info"), Wrong("log.format=xml", "json or text"),
    ]

    @Test("a wrong value is the one problem, with its source, its key and what is expected", arguments: wrongs)
    func flag(wrong: Wrong) throws {
        let problems = ConfigurationSample.problems(set: [wrong.setting])
        #expect(problems.count == 1)
        let problem = try #require(problems.first)
        #expect(problem.hasPrefix("--set: \(wrong.key): "))
        #expect(problem.contains(wrong.because))
    }

    @Test(
        "a right value at the edge of what is allowed is no problem",
        arguments: [
            "vault.maxConcurrentRequests=1024", "reconcile.workers=64", "reconcile.resyncInterval=24h",
            "reconcile.resyncInterval=1s", "spire.nodeAlias.id=/spires/agent", "server.metrics=0.0.0.0:0",
            "vault.address=https://[::1]:8200", "vault.namespace=team/part", "vault.caFile=",
            "spire.address=tcp://[::1]:8081", "spire.serverID=spiffe://other.org/server",
        ])
    func edges(setting: String) {
        #expect(ConfigurationSample.problems(set: [setting]) == [])
    }

    @Test(
        "the next renewal is due before a leader may not write any more",
        arguments: [
            (10, 8, true), (10, 9, false), (10, 10, false), (4, 2, true), (3, 1, true), (3, 2, false), (2, 1, false),
            (60, 49, true), (60, 51, false),
        ])
    func renewal(deadline: Int, retry: Int, isRight: Bool) throws {
        let problems = ConfigurationSample.problems(set: [
            "leaderElection.leaseDuration=\(deadline + 5)s", "leaderElection.renewDeadline=\(deadline)s",
            "leaderElection.retryPeriod=\(retry)s",
        ])
        #expect(problems.count == (isRight ? 0 : 1))
        for key in ["leaderElection.renewDeadline", "leaderElection.retryPeriod"] {
            #expect(problems.allSatisfy { $0.contains(key) })
        }
        guard isRight else { return }
        // What is accepted here, the elector accepts as well.
        _ = try LeaderElectionSettings(
            leaseDuration: .seconds(deadline + 5), renewDeadline: .seconds(deadline), retryPeriod: .seconds(retry))
    }

    @Test("an address with a password is refused, and the password is not repeated")
    func password() throws {
        let problem = try #require(
            ConfigurationSample.problems(set: ["vault.address=https://me:hunter2@vault:8200"]).first)
        #expect(problem.contains("vault.address"))
        #expect(!problem.contains("hunter2"))
    }

    @Test("an alias under /spire is only right if it is an agent and not managed")
    func reservedAlias() {
        let agent = "spire.nodeAlias.id=/spire/agent/k8s_psat/a/b"
        #expect(ConfigurationSample.problems(set: [agent, "spire.nodeAlias.manage=false"]) == [])
        let server = ConfigurationSample.problems(
            set: ["spire.nodeAlias.id=/spire/server", "spire.nodeAlias.manage=false"])
        #expect(server.count == 1 && server.allSatisfy { $0.contains("never serves entries with this parent") })
    }

    @Test("a token file has no default with method token")
    func tokenFile() {
        let problems = ConfigurationSample.problems(set: ["vault.auth.method=token"])
        #expect(problems.map { $0.prefix(36) } == ["lanyard.yaml: vault.auth.tokenFile: "])
        #expect(ConfigurationSample.problems(set: ["vault.auth.method=token", "vault.auth.tokenFile=/t"]) == [])
    }

    @Test("all that is required and missing is reported at once, by file and key")
    func required() {
        let problems = ConfigurationSample.problems("{}")
        let keys = ["clusterName", "trustDomain", "vault.address", "spire.nodeAlias.selectors"]
        #expect(problems.count == keys.count)
        for (problem, key) in zip(problems, keys) { #expect(problem.hasPrefix("lanyard.yaml: \(key): is required")) }
    }

    @Test("problems of the file and of values are reported together")
    func everythingAtOnce() {
        let problems = ConfigurationSample.problems(
            """
            clusterName: A
            trustDomain: neural-hive.local
            vault: {adress: x}
            reconcile:
              workers: many
            """, environment: ["LANYARD_LOG_LEVEL": "loud"], set: ["nothing"])
        #expect(
            problems.map { $0.prefix { $0 != " " } } == [
                "lanyard.yaml:3:9:", "--set:", "lanyard.yaml:", "lanyard.yaml:1:14:", "lanyard.yaml:",
                "lanyard.yaml:5:12:",
                "LANYARD_LOG_LEVEL:",
            ])
    }
}
