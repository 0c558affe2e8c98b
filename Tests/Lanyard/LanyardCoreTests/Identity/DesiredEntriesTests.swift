import LanyardAPI
import LanyardCore
import Testing

@Suite("DesiredEntries")
struct DesiredEntriesTests {
    private func entry(_ id: String) throws -> DesiredEntry {
        DesiredEntry(
            entry: RegistrationEntry(
                id: id, spiffeID: try SPIFFEID("spiffe://o/a"), parentID: try SPIFFEID("spiffe://o/b"), selectors: []))
    }

    @Test("entries are in the order of their IDs, which are known; what is withheld without one in that of its message")
    func order() throws {
        let withheld = ["c", "a", "b"].map { WithheldEntry(id: "", needsIntervention: false, message: $0) }
        let made = DesiredEntries(entries: [try entry("2"), try entry("1")], withheld: withheld)
        #expect(made.entries.map(\.entry.id) == ["1", "2"])
        #expect(made.ids == ["1", "2"])
        #expect(made.withheld.map(\.message) == ["a", "b", "c"])
    }

    @Test("a fingerprint is that of the entry as it is by now")
    func fingerprints() throws {
        var desired = try entry("1")
        let before = desired.fingerprint
        #expect(before == EntryFingerprint(of: desired.entry))
        desired.entry.hint = "a"
        #expect(desired.fingerprint == EntryFingerprint(of: desired.entry) && desired.fingerprint != before)
        var wanted = DesiredEntries(entries: [try entry("1")])
        wanted = FederationPlan(wanted: ["a.org", "b.org"], stored: ["a.org"]).applied(to: wanted)
        let federated = try #require(wanted.entries.first)
        #expect(federated.fingerprint == EntryFingerprint(of: federated.entry) && federated.fingerprint != before)
    }
}
