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

    @Test("entries for nodes and pods end in its UID, and say whose they are")
    func uids() {
        let key = ObjectKey(namespace: "shop", name: "web.v2")
        let uid = "0d0f5a5e-3a43-4a6b-9a3e-6c7c2d1f0e9b"
        let id = EntryName.forIdentity(key, uid: uid, cluster: "prod")
        #expect(id == "lanyard.prod.shop.web.v2_\(uid)")
        #expect(EntryName.owner(of: id, cluster: "prod") == .identity(key))
        #expect(EntryName.owner(of: "lanyard.prod.shop.web.v2", cluster: "prod") == .identity(key))
    }

    @Test(
        "whoever an ID was made for is found again, whatever the length of the name",
        arguments: [1, 150, 199, 200, 201, 204, 205, 206, 236, 237, 238, 253])
    func owners(length: Int) {
        let key = ObjectKey(namespace: "shop", name: String(repeating: "a", count: length))
        // The longest common beginning, and another namespace.
        let others = [
            ObjectKey(namespace: "shop", name: String(repeating: "a", count: length - 1) + "b"),
            ObjectKey(namespace: "ship", name: key.name),
        ]
        let uids = [nil, "0d0f5a5e-3a43-4a6b-9a3e-6c7c2d1f0e9b", String(repeating: "0", count: 32), "u"]
        for uid in uids + [String(repeating: "u", count: 200)] {
            let id = EntryName.forIdentity(key, uid: uid, cluster: "prod")
            #expect(id.utf8.count <= 255)
            #expect(EntryName.place(of: id) == uid.map { EntryName.place(uid: $0) })
            #expect(EntryName.owner(of: id, cluster: "prod")?.namespace == "shop")
            #expect(EntryOwners(keys: Set(others), cluster: "prod").key(of: id) == nil)
            #expect(EntryOwners(keys: Set(others + [key]), cluster: "prod").key(of: id) == key)
        }
    }

    @Test("entries of one long name for several nodes differ, and say whose they are without the nodes")
    func longNamesOnNodes() {
        let key = ObjectKey(namespace: "shop", name: String(repeating: "a", count: 253))
        let ids = (0..<20).map { EntryName.forIdentity(key, uid: "0d0f5a5e-3a43-4a6b-9a3e-\($0)", cluster: "prod") }
        #expect(Set(ids).count == 20)
        #expect(Set(ids.map { EntryName.owner(of: $0, cluster: "prod") }).count == 1)
        #expect(ids.allSatisfy { $0.utf8.count == 255 && $0.utf8.allSatisfy(isAllowedBySPIRE) })
    }

    @Test(
        "what Lanyard never makes has our prefix and nobody behind it",
        arguments: [
            ("lanyard.prod.x", EntryOwner.nobody), ("lanyard.prod.shop.", .nobody), ("lanyard.prod.a.B", .nobody),
            ("lanyard.prod.shop." + String(repeating: "a", count: 236) + "_", .nobody),
        ])
    func strangers(id: String, owner: EntryOwner) {
        #expect(EntryName.owner(of: id, cluster: "prod") == owner)
        #expect(EntryName.owner(of: id, cluster: "other") == nil)
    }

    @Test("the node alias is nobody's but the configuration's")
    func aliasOwner() {
        #expect(EntryName.owner(of: EntryName.nodeAlias(cluster: "prod"), cluster: "prod") == .nodeAlias)
    }

    private func isAllowedBySPIRE(_ byte: UInt8) -> Bool {
        Array("-._ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8).contains(byte)
    }
}
