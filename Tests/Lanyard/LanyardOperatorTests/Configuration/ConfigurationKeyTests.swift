import Testing

@testable import LanyardOperator

@Suite("ConfigurationKey")
struct ConfigurationKeyTests {
    @Test(
        "the environment variable has the words of the name",
        arguments: [
            (ConfigurationKey.vaultAddress, "LANYARD_VAULT_ADDRESS"),
            (.reconcileResyncInterval, "LANYARD_RECONCILE_RESYNC_INTERVAL"),
            (.spiffeIDTemplate, "LANYARD_SPIFFE_ID_TEMPLATE"), (.agentIDTemplate, "LANYARD_SPIRE_AGENT_ID_TEMPLATE"),
            (.spireWorkloadAPI, "LANYARD_SPIRE_WORKLOAD_API"), (.vaultCAFile, "LANYARD_VAULT_CA_FILE"),
            (.nodeAliasID, "LANYARD_SPIRE_NODE_ALIAS_ID"), (.clusterName, "LANYARD_CLUSTER_NAME"),
            (.mountKV, "LANYARD_VAULT_MOUNTS_KV"),
        ])
    func environmentVariable(key: ConfigurationKey, expected: String) {
        #expect(key.environmentVariable == expected)
    }

    @Test("names and environment variables are unique, and every key has help")
    func unique() {
        let keys = ConfigurationKey.all
        #expect(Set(keys.map(\.name)).count == keys.count)
        #expect(Set(keys.map(\.environmentVariable)).count == keys.count)
        #expect(keys.allSatisfy { $0.help.hasSuffix(".") })
    }
}
