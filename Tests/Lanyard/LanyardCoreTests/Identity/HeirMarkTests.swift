import LanyardAPI
import LanyardCore
import Testing

@Suite("HeirMark")
struct HeirMarkTests {
    private func entry(createdAt: Int64 = 7) throws -> RegistrationEntry {
        var entry = RegistrationEntry(
            id: "a", spiffeID: try SPIFFEID("spiffe://example.org/web"),
            parentID: try SPIFFEID("spiffe://example.org/n"), selectors: [])
        entry.createdAt = createdAt
        return entry
    }

    @Test("says since when an entry is its identity's own, for times that no clock shows, too")
    func time() throws {
        #expect(try entry().ownedSince == 7)
        #expect(try HeirMark.applied(to: entry(), createdAt: 1_800_000_000).ownedSince == 1_800_000_000)
        #expect(try HeirMark.applied(to: entry(), createdAt: -1).ownedSince == 7)
        #expect(try HeirMark.applied(to: entry(createdAt: 0), createdAt: .max).ownedSince == 9_999_999_999)
        var orphan = OrphanMark.applied(to: try entry())
        #expect(orphan.ownedSince == 7)
        orphan.expiresAt = 1_900_000_000
        #expect(orphan.ownedSince == 7)
    }

    @Test("is no difference, is not that of what was left behind, and lies centuries ahead", arguments: [0, Int64.max])
    func difference(createdAt: Int64) throws {
        let marked = HeirMark.applied(to: try entry(), createdAt: createdAt)
        #expect(marked.expiresAt > 240_000_000_000 && !OrphanMark.isOn(marked))
        #expect(try EntryComparison.differences(desired: entry(), actual: marked) == [])
        #expect(try EntryFingerprint(of: marked) == EntryFingerprint(of: entry()))
        let orphan = OrphanMark.applied(to: marked)
        #expect(try EntryComparison.differences(desired: entry(), actual: orphan) == [.expiresAt])
        #expect(EntryFingerprint(of: orphan) != EntryFingerprint(of: marked))
    }
}
