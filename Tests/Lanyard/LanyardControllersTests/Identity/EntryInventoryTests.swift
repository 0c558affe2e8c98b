import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import Testing

/// What is remembered of entries ends with them: authors make as many identities as they like, one after the other.
@Suite("EntryInventory")
struct EntryInventoryTests {
    private let inventory = EntryInventory(cluster: "sim")

    /// One name that is in the IDs as it is, and one that is shortened.
    private static let names = ["web", String(repeating: "a", count: 250)]

    private func entry(of key: ObjectKey) throws -> RegistrationEntry {
        RegistrationEntry(
            id: EntryName.forIdentity(key, cluster: "sim"), spiffeID: try SPIFFEID("spiffe://sim.example/web"),
            parentID: try SPIFFEID("spiffe://sim.example/agents"), selectors: [])
    }

    @Test("entries that never were leave nothing, listed before or not, however many are asked for", arguments: names)
    func neverThere(name: String) throws {
        for isListed in [false, true] {
            if isListed { #expect(inventory.completeListing([], startedAt: inventory.beginListing()) == []) }
            for number in 0..<100 {
                let key = ObjectKey(namespace: "shop", name: "\(name)\(number)")
                let id = try entry(of: key).id
                for _ in 0..<3 {
                    inventory.doubt([id])
                    inventory.observe(id, nil)
                    #expect(inventory.isAbsent(id) == isListed && inventory.existing(of: key) == [])
                }
                inventory.forget(key)
            }
            #expect(inventory.rememberedCount == 0)
        }
    }

    @Test("one that was right is remembered when somebody deletes it, until its identity goes", arguments: names)
    func deletedByHand(name: String) throws {
        let key = ObjectKey(namespace: "shop", name: name)
        let entry = try entry(of: key)
        inventory.confirm(entry)
        #expect(inventory.existing(of: key) == [entry.id])
        #expect(inventory.completeListing([], startedAt: inventory.beginListing()) == [entry.id])
        #expect(inventory.confirmed(entry.id) != nil && inventory.isAbsent(entry.id))
        inventory.observe(entry.id, nil)
        #expect(inventory.confirmed(entry.id) != nil)
        inventory.forget(key)
        #expect(inventory.confirmed(entry.id) == nil && inventory.isAbsent(entry.id))
        #expect(inventory.rememberedCount == 0)
    }

    @Test("one that outlives its identity is known as long as it is there", arguments: names)
    func leftBehind(name: String) throws {
        let key = ObjectKey(namespace: "shop", name: name)
        let entry = try entry(of: key)
        inventory.confirm(entry)
        inventory.forget(key)
        #expect(inventory.exists(entry.id) && inventory.ids == [entry.id])
        #expect(inventory.completeListing([], startedAt: inventory.beginListing()) == [entry.id])
        #expect(inventory.rememberedCount == 0)
    }

    @Test("of many entries it tells which are not right, which are there, and which were another's")
    func many() throws {
        let wanted = try (0..<6).map { number -> DesiredEntry in
            DesiredEntry(entry: try entry(of: ObjectKey(namespace: "shop", name: "web-\(number)")))
        }
        func numbers(_ entries: [DesiredEntry]) -> [Int] { entries.compactMap { wanted.firstIndex(of: $0) } }
        #expect(numbers(inventory.unsettled(wanted)) == [0, 1, 2, 3, 4, 5])
        #expect(inventory.existing(among: wanted, atMost: 9) == [] && !inventory.hasAll(wanted))
        for entry in wanted[..<4] { inventory.confirm(entry.entry) }
        var other = wanted[4].entry
        other.hint = "changed"
        inventory.observe(other.id, other)
        #expect(numbers(inventory.unsettled(wanted)) == [4, 5])
        #expect(numbers(inventory.existing(among: wanted, atMost: 9)) == [0, 1, 2, 3, 4])
        #expect(numbers(inventory.existing(among: wanted, atMost: 2)) == [0, 1])
        #expect(inventory.hasAll(Array(wanted[..<5])) && !inventory.hasAll(wanted))
        inventory.observe(wanted[1].entry.id, nil)
        #expect(numbers(inventory.unsettled(wanted)) == [1, 4, 5])
        #expect(numbers(inventory.existing(among: wanted, atMost: 2)) == [0, 2])
        for (number, time) in [(0, 100), (2, 200), (3, 0)] {
            var seen = wanted[number].entry
            seen.createdAt = Int64(time)
            inventory.observe(seen.id, seen)
        }
        #expect(numbers(inventory.inherited(wanted, at: 200)) == [0])
        #expect(numbers(inventory.inherited(wanted, at: 201)) == [0, 2])
    }

    @Test("identities that come, find their entry taken, and go leave nothing")
    func conflicts() async throws {
        let lanyard = try await TestOperator()
        try await lanyard.create(identity: "old") { $0.serviceAccountName = "web" }
        try await lanyard.reconcile(identity: "old")
        // What it has stays, and nobody waits for it.
        try await lanyard.edit(identity: "old") { $0.hint = "\n" }
        try await lanyard.reconcile(identity: "old")
        let before = lanyard.parts.inventory.rememberedCount
        for number in 0..<10 {
            let name = "new-\(number)"
            try await lanyard.create(identity: name) { $0.serviceAccountName = "web" }
            await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(identity: name) }
            #expect(try await lanyard.condition("EntriesSynced", ofIdentity: name).reason == "Conflict")
            #expect(lanyard.parts.inventory.rememberedCount == before)
            try await lanyard.delete(identity: name)
            try await lanyard.reconcile(identity: name)
            #expect(try await lanyard.reconcile(identity: name) == .done)
        }
        #expect(lanyard.parts.inventory.rememberedCount == before)
    }
}
