import LanyardAPI
import LanyardCore
import Testing

@Suite("EntryComparison")
struct EntryComparisonTests {
    private static func entry(_ fill: (inout RegistrationEntry) throws -> Void = { _ in }) throws -> RegistrationEntry {
        var entry = RegistrationEntry(
            id: "lanyard.prod.shop.web", spiffeID: try SPIFFEID("spiffe://example.org/web"),
            parentID: try SPIFFEID("spiffe://example.org/node"),
            selectors: Set(["k8s:ns:shop", "k8s:sa:web"].compactMap { WorkloadSelector($0) }))
        entry.x509SVIDTTL = 3_600
        entry.dnsNames = ["a.example.org", "b.example.org"]
        try fill(&entry)
        return entry
    }

    /// A change of one field.
    struct Change: Sendable, CustomTestStringConvertible {
        let field: EntryField
        let make: @Sendable (inout RegistrationEntry) throws -> Void
        var testDescription: String { field.rawValue }
    }

    private static let changes: [Change] = [
        Change(field: .spiffeID) { $0.spiffeID = try SPIFFEID("spiffe://example.org/other") },
        Change(field: .parentID) { $0.parentID = try SPIFFEID("spiffe://example.org/other") },
        Change(field: .selectors) { $0.selectors.removeFirst() },
        Change(field: .x509SVIDTTL) { $0.x509SVIDTTL = 60 },
        Change(field: .jwtSVIDTTL) { $0.jwtSVIDTTL = 60 },
        Change(field: .dnsNames) { $0.dnsNames.removeLast() },
        Change(field: .federatesWith) { $0.federatesWith = ["other.org"] },
        Change(field: .admin) { $0.isAdmin = true },
        Change(field: .downstream) { $0.isDownstream = true },
        Change(field: .storeSVID) { $0.storesSVID = true },
        Change(field: .hint) { $0.hint = "by hand" },
        Change(field: .expiresAt) { $0.expiresAt = 1 },
        Change(field: .prefetch) { $0.disablesX509SVIDPrefetch = true },
    ]

    @Test("a change by hand of any managed field is found, and nothing else", arguments: changes)
    func oneField(change: Change) throws {
        let desired = try Self.entry()
        let actual = try Self.entry(change.make)
        #expect(EntryComparison.differences(desired: desired, actual: actual) == [change.field])
        #expect(
            EntryComparison.summary([change.field], desired: desired, actual: actual).hasPrefix(change.field.rawValue))
    }

    @Test("the table above has every managed field")
    func completeness() {
        #expect(Set(Self.changes.map(\.field)) == Set(EntryField.allCases))
    }

    @Test("what only the server sets makes no difference")
    func serverFields() throws {
        let actual = try Self.entry {
            $0.revisionNumber = 7
            $0.createdAt = 1_700_000_000
        }
        #expect(EntryComparison.differences(desired: try Self.entry(), actual: actual) == [])
    }

    @Test("the order of DNS names, which the server does not keep, makes no difference")
    func orderOfDNSNames() throws {
        let desired = try Self.entry()
        let actual = try Self.entry { $0.dnsNames.reverse() }
        #expect(EntryComparison.differences(desired: desired, actual: actual) == [])
        #expect(EntryFingerprint(of: desired) == EntryFingerprint(of: actual))
        let other = try Self.entry { $0.dnsNames[0] = "c.example.org" }
        #expect(EntryFingerprint(of: desired) != EntryFingerprint(of: other))
    }

    @Test("the summary has fields in order, with short values beside what was wanted")
    func summary() throws {
        let actual = try Self.entry {
            $0.x509SVIDTTL = 60
            $0.selectors = []
            $0.isAdmin = true
            $0.hint = "secret plan"
        }
        let desired = try Self.entry()
        let fields = EntryComparison.differences(desired: desired, actual: actual)
        #expect(
            EntryComparison.summary(fields, desired: desired, actual: actual)
                == "admin (true, wanted false), hint, selectors, x509SVID.ttl (60, wanted 3600)")
    }
}
