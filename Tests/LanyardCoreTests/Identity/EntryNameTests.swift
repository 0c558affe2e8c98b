import KubernetesModel
import LanyardCore
import Testing

@Suite("EntryName")
struct EntryNameTests {
    @Test("an identity's entry is named after cluster, namespace and name")
    func identity() {
        let key = ObjectKey(namespace: "shop", name: "web.v2")
        #expect(EntryName.forIdentity(key, cluster: "production") == "lanyard.production.shop.web.v2")
    }

    @Test("a name that SPIRE would refuse for its length ends in a digest instead")
    func longNames() {
        let stem = String(repeating: "a", count: 250)
        let ids = ["b", "c"].map {
            EntryName.forIdentity(ObjectKey(namespace: "shop", name: stem + $0), cluster: "prod")
        }
        #expect(ids.allSatisfy { $0.utf8.count == 255 && EntryName.belongs($0, toCluster: "prod") })
        #expect(Set(ids).count == 2)
        #expect(
            ids[0] == "lanyard.prod.shop." + String(repeating: "a", count: 204) + "_f4514b02620821f1e8b94e2ae0acf1fd")
        #expect(ids.allSatisfy { id in id.utf8.allSatisfy(isAllowedBySPIRE) })
    }

    @Test("a name of exactly the longest length is kept as it is")
    func longestName() {
        let name = String(repeating: "a", count: 255 - "lanyard.prod.shop.".count)
        let id = EntryName.forIdentity(ObjectKey(namespace: "shop", name: name), cluster: "prod")
        #expect(id == "lanyard.prod.shop.\(name)")
    }

    @Test(
        "only IDs with the cluster's whole prefix belong to it",
        arguments: [
            ("lanyard.prod.shop.web", true), ("lanyard.prod.node-alias", true), ("lanyard.production.shop.web", false),
            ("lanyard.prod", false), ("lanyard.prod2.shop.web", false), ("LANYARD.prod.shop.web", false),
            ("scm.prod.shop.web", false), ("", false),
        ])
    func belongs(id: String, expected: Bool) {
        #expect(EntryName.belongs(id, toCluster: "prod") == expected)
    }

    @Test("the node alias has an ID that no identity can have")
    func nodeAlias() {
        let alias = EntryName.nodeAlias(cluster: "prod")
        #expect(alias == "lanyard.prod.node-alias")
        #expect(EntryName.belongs(alias, toCluster: "prod"))
        let shortest = EntryName.forIdentity(ObjectKey(namespace: "a", name: "b"), cluster: "prod")
        let longest = EntryName.forIdentity(
            ObjectKey(namespace: String(repeating: "n", count: 63), name: String(repeating: "a", count: 253)),
            cluster: "prod")
        #expect(alias.split(separator: ".").count == 3)
        #expect([shortest, longest].allSatisfy { $0.split(separator: ".").count >= 4 })
    }

    private func isAllowedBySPIRE(_ byte: UInt8) -> Bool {
        Array("-._ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8).contains(byte)
    }
}
