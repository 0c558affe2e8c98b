import LanyardAPI
import LanyardCore
import Logging
import TestSupport
import Testing

@testable import LanyardOperator

@Suite("OperatorConfiguration")
struct OperatorConfigurationTests {
    @Test("what is not given has its default")
    func defaults() throws {
        let configuration = try OperatorConfiguration(ConfigurationSample.sources())
        let trustDomain = try #require(TrustDomain("neural-hive.local"))
        #expect(configuration.clusterName == "production")
        #expect(configuration.trustDomain == trustDomain)
        #expect(configuration.spiffeIDTemplate == "/ns/{namespace}/sa/{serviceAccount}")
        #expect(configuration.namespace == nil)
        #expect(configuration.watchNamespaces == [])
        #expect(configuration.spire.address == "unix:///run/spire/server/private/api.sock")
        #expect(
            configuration.spire.nodeAlias.id.description == "spiffe://neural-hive.local/ns/spire-system/sa/spire-agent")
        #expect(configuration.spire.nodeAlias.isManaged)
        #expect(configuration.spire.nodeAlias.selectors.map(\.description) == ["k8s_psat:cluster:production"])
        #expect(configuration.vault.address == "https://vault.vault.svc:8200")
        #expect(configuration.vault.caFile == nil && configuration.vault.namespace == nil)
        #expect(configuration.vault.authMethod == .kubernetes)
        #expect(configuration.vault.authMount == "kubernetes")
        #expect(configuration.vault.authRole == "lanyard" && configuration.vault.authAudience == "vault")
        #expect(configuration.spire.workloadAPI == "unix:///run/spire/sockets/agent.sock")
        #expect(configuration.spire.serverID.description == "spiffe://neural-hive.local/spire/server")
        #expect(configuration.vault.tokenFile == "/var/run/secrets/kubernetes.io/serviceaccount/token")
        #expect(configuration.vault.mounts == MountNames())
        #expect(configuration.vault.maxConcurrentRequests == 16)
        #expect(configuration.reconcile.workers == 8)
        #expect(configuration.reconcile.resyncInterval == .seconds(600))
        #expect(configuration.leaderElection.isEnabled)
        #expect(configuration.leaderElection.leaseDuration == .seconds(15))
        #expect(configuration.leaderElection.renewDeadline == .seconds(10))
        #expect(configuration.leaderElection.retryPeriod == .seconds(2))
        #expect(configuration.server.metrics == ListenAddress("0.0.0.0:8080"))
        #expect(configuration.server.health == ListenAddress("0.0.0.0:8081"))
        #expect(configuration.metricsNameNamespaces)
        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .json)
    }

    @Test("a file with every section is valid")
    func design() throws {
        let yaml = """
            clusterName: production
            trustDomain: neural-hive.local
            namespace: lanyard-system
            watchNamespaces: []
            spire:
              address: unix:///run/spire/server/private/api.sock
              workloadAPI: unix:///run/spire/sockets/agent.sock
              serverID: /spire/server
              nodeAlias:
                id: /ns/spire-system/sa/spire-agent
                manage: true
                selectors: ["k8s_psat:cluster:production", "k8s_psat:agent_ns:spire-system"]
              agentIDTemplate: /spire/agent/k8s_psat/{cluster}/{nodeUID}
            vault:
              address: https://vault.vault.svc:8200
              caFile: /etc/lanyard/ca.pem
              namespace: team
              auth: {method: kubernetes, mount: kubernetes, role: lanyard, audience: vault, tokenFile: /run/token}
              mounts: {kubernetesAuth: kubernetes, jwtAuth: jwt, kv: secret, database: database, pki: pki}
              maxConcurrentRequests: 16
            reconcile: {workers: 8, resyncInterval: 10m}
            leaderElection: {enabled: true, leaseDuration: 15s, renewDeadline: 10s, retryPeriod: 2s}
            server: {metrics: 0.0.0.0:8080, health: 0.0.0.0:8081}
            metrics: {namespaces: true}
            log: {level: info, format: json}
            """
        let configuration = try OperatorConfiguration(ConfigurationSample.sources(yaml))
        #expect(configuration.namespace == "lanyard-system")
        #expect(configuration.vault.caFile == "/etc/lanyard/ca.pem")
        #expect(configuration.vault.namespace == "team")
        #expect(configuration.vault.tokenFile == "/run/token")
    }

    @Test("an operator that has SVIDs of its own uses them for SPIRE and for Vault")
    func ownIdentity() throws {
        let sets = [
            "spire.address=tcp://spire.example:8081", "spire.workloadAPI=unix:///w.sock", "spire.serverID=/server",
            "vault.auth.method=jwtSVID", "vault.auth.audience=bao",
        ]
        let configuration = try OperatorConfiguration(ConfigurationSample.sources(set: sets))
        #expect(configuration.spire.address == "tcp://spire.example:8081")
        #expect(configuration.spire.workloadAPI == "unix:///w.sock")
        #expect(configuration.spire.serverID.description == "spiffe://neural-hive.local/server")
        #expect(configuration.vault.authMethod == .jwtSVID && configuration.vault.authAudience == "bao")
        #expect(configuration.vault.authMount == "jwt")
        let mount = try OperatorConfiguration(ConfigurationSample.sources(set: sets + ["vault.auth.mount=m"]))
        #expect(mount.vault.authMount == "m")
    }

    @Test("every value that is given arrives")
    func everything() throws {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: [
                "spiffeIDTemplate=/{cluster}/{name}", "namespace=own", "watchNamespaces=one,two",
                "spire.address=unix:///tmp/s.sock", "spire.nodeAlias.id=spiffe://neural-hive.local/spire/agent/x/1",
                "spire.nodeAlias.manage=false", "spire.nodeAlias.selectors=", "vault.address=http://127.0.0.1:8200/",
                "vault.auth.method=token", "vault.auth.tokenFile=/t", "vault.auth.mount=k", "vault.auth.role=op",
                "vault.mounts.kubernetesAuth=m1", "vault.mounts.jwtAuth=m2", "vault.mounts.kv=m3",
                "vault.mounts.database=m4", "vault.mounts.pki=m5", "vault.mounts.transit=a/m6",
                "vault.maxConcurrentRequests=3", "reconcile.workers=2", "reconcile.resyncInterval=1h30m",
                "leaderElection.enabled=false", "leaderElection.leaseDuration=4s", "leaderElection.renewDeadline=3s",
                "leaderElection.retryPeriod=1s", "server.metrics=[::1]:0", "server.health=localhost:9",
                "metrics.namespaces=false", "log.level=trace", "log.format=text",
            ]))
        #expect(configuration.spiffeIDTemplate == "/{cluster}/{name}")
        #expect(configuration.namespace == "own")
        #expect(configuration.watchNamespaces == ["one", "two"])
        #expect(configuration.spire.address == "unix:///tmp/s.sock")
        #expect(configuration.spire.nodeAlias.id.path == "/spire/agent/x/1")
        #expect(!configuration.spire.nodeAlias.isManaged && configuration.spire.nodeAlias.selectors.isEmpty)
        #expect(configuration.vault.address == "http://127.0.0.1:8200")
        #expect(configuration.vault.authMethod == .token && configuration.vault.tokenFile == "/t")
        #expect(configuration.vault.authMount == "k" && configuration.vault.authRole == "op")
        #expect(
            configuration.vault.mounts
                == MountNames(
                    kubernetesAuth: "m1", jwtAuth: "m2", kv: "m3", database: "m4", pki: "m5", transit: "a/m6"))
        #expect(configuration.vault.maxConcurrentRequests == 3)
        #expect(configuration.reconcile.workers == 2)
        #expect(configuration.reconcile.resyncInterval == .seconds(5_400))
        #expect(!configuration.leaderElection.isEnabled)
        #expect(configuration.leaderElection.leaseDuration == .seconds(4))
        #expect(configuration.leaderElection.renewDeadline == .seconds(3))
        #expect(configuration.leaderElection.retryPeriod == .seconds(1))
        #expect(configuration.server.metrics.host == "::1" && configuration.server.metrics.port == 0)
        #expect(configuration.server.health.host == "localhost" && configuration.server.health.port == 9)
        #expect(!configuration.metricsNameNamespaces)
        #expect(configuration.log.level == .trace && configuration.log.format == .text)
    }

    @Test("planners get what concerns them, the operator's own role name reserved")
    func planning() throws {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(set: [
                "vault.auth.role=Lanyard-Op", "vault.mounts.kv=kv", "spiffeIDTemplate=/{name}",
            ]))
        let planning = configuration.planning
        #expect(planning.clusterName == "production")
        #expect(planning.trustDomain == configuration.trustDomain)
        #expect(planning.spiffeIDTemplate == "/{name}")
        #expect(planning.nodeAlias == configuration.spire.nodeAlias.id)
        #expect(planning.mounts.kv == "kv")
        #expect(planning.reservedVaultNames == ["lanyard-op"])
    }

    @Test("the configuration in manifests/base is valid, but for names that every cluster has to choose")
    func manifest() throws {
        let configuration = try OperatorConfiguration(
            ConfigurationSample.sources(Checkout.text("manifests/base/config.yaml")))
        #expect(configuration.clusterName == "production")
        #expect(configuration.leaderElection.isEnabled)
        // Two replicas with the pods' own ports, reached by probes and Prometheus.
        #expect(configuration.server.metrics == ListenAddress("0.0.0.0:8080"))
        #expect(configuration.server.health == ListenAddress("0.0.0.0:8081"))
        #expect(configuration.vault.tokenFile == "/var/run/secrets/lanyard.dev/vault/token")
    }
}
