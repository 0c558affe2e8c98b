import Testing

@testable import lanyard

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

@Suite("ListenAddress")
struct ListenAddressTests {
    @Test(
        "a host and a port",
        arguments: [("0.0.0.0:8080", "0.0.0.0", 8080), ("[::]:1", "::", 1), ("localhost:0", "localhost", 0)])
    func valid(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", ":", "a", "a:", ":1", "a:+1", "a:-1", "a:65536", "::1:80", "[a]:1", "[]:1", "a b:1", "http://a:1",
        ])
    func invalid(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
