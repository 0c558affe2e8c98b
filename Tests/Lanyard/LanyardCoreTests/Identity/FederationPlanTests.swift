import LanyardAPI
import LanyardCore
import Testing

@Suite("FederationPlan")
struct FederationPlanTests {
    @Test("an entry names the trust domains whose bundles are there, and the others are missing")
    func partial() throws {
        let plan = FederationPlan(wanted: ["b.org", "a.org", "c.org"], stored: ["c.org", "d.org"])
        #expect(plan.missing == ["a.org", "b.org"])
        var entry = RegistrationEntry(
            id: "x", spiffeID: try SPIFFEID("spiffe://o/a"), parentID: try SPIFFEID("spiffe://o/b"), selectors: [])
        entry.federatesWith = ["a.org", "b.org", "c.org"]
        let made = plan.applied(to: DesiredEntries(entries: [DesiredEntry(entry: entry)]))
        #expect(made.entries.first?.entry.federatesWith == ["c.org"])
        #expect(FederationPlan(wanted: ["a.org"], stored: ["a.org"]).missing == [])
    }
}
