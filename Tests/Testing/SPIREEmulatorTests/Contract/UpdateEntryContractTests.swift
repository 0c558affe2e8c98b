import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("BatchUpdateEntry")
struct UpdateEntryContractTests {
    enum Field: CaseIterable {
        case parentID, spiffeID, oneSelector, otherSelectors, x509TTL, jwtTTL, admin, downstream, expiresAt, dnsNames
        case hint, attributes

        /// Changes the field in an entry and names it in a mask.
        func apply(to entry: inout WireEntry, _ mask: inout WireMask, _ server: ContractServer) {
            switch self {
            case .parentID:
                entry.parentID = server.id("new-parent")
                mask.parentID = true
            case .spiffeID:
                entry.spiffeID = server.id("new-id")
                mask.spiffeID = true
            case .oneSelector:
                entry.selectors = ["gid:7"].map(ContractServer.selector)
                mask.selectors = true
            case .otherSelectors:
                entry.selectors = ["gid:7", "gid:8"].map(ContractServer.selector)
                mask.selectors = true
            case .x509TTL:
                entry.x509SvidTtl = 77
                mask.x509SvidTtl = true
            case .jwtTTL:
                entry.jwtSvidTtl = 78
                mask.jwtSvidTtl = true
            case .admin:
                entry.admin = true
                mask.admin = true
            case .downstream:
                entry.downstream = true
                mask.downstream = true
            case .expiresAt:
                entry.expiresAt = 4_102_444_800
                mask.expiresAt = true
            case .dnsNames:
                entry.dnsNames = ["new.example"]
                mask.dnsNames = true
            case .hint:
                entry.hint = "new"
                mask.hint = true
            case .attributes:
                entry.additionalAttributes.jwtSvidIncludeJti = true
                mask.additionalAttributes = true
            }
        }
    }

    private func seed(_ server: ContractServer) async throws -> WireEntry {
        var entry = server.entry("a", selectors: ["gid:1", "uid:1"])
        entry.x509SvidTtl = 60
        entry.jwtSvidTtl = 30
        entry.dnsNames = ["old.example"]
        entry.hint = "old"
        entry.expiresAt = 4_000_000_000
        entry.additionalAttributes.disableX509SvidPrefetch = true
        return try await server.created(entry).sorted
    }

    @Test("36: a masked field changes alone, and the revision rises", arguments: Field.allCases)
    func oneField(_ field: Field) async throws {
        try await ContractServer.with { server in
            var expected = try await seed(server)
            var change = WireEntry()
            change.id = expected.id
            var mask = WireMask()
            field.apply(to: &change, &mask, server)
            let result = try await server.update(change, mask: mask)
            #expect(result.status.code == StatusCode.ok, "\(result.status.message)")
            if field == .attributes { expected.clearAdditionalAttributes() }
            field.apply(to: &expected, &mask, server)
            expected.revisionNumber = 1
            #expect(result.entry.sorted == expected.sorted)
            #expect(try await server.get(expected.id).sorted == expected.sorted)
        }
    }

    @Test("36: store_svid is set together with the selectors that it needs, and unset")
    func storeSVID() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a", selectors: ["a:1", "b:1"])
            try await server.created(entry)
            entry.storeSvid = true
            entry.selectors = ["a:1", "a:2"].map(ContractServer.selector)
            var mask = WireMask()
            mask.storeSvid = true
            mask.selectors = true
            #expect(try await server.update(entry, mask: mask).entry.storeSvid)
            entry.storeSvid = false
            mask.selectors = false
            let result = try await server.update(entry, mask: mask)
            #expect(result.status.code == StatusCode.ok)
            #expect(!result.entry.storeSvid)
        }
    }

    @Test("36: store_svid is set alone on an entry with selectors of several types, since only sent ones are looked at")
    func storeSVIDAlone() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a", selectors: ["a:1", "b:1"])
            try await server.created(entry)
            entry.storeSvid = true
            var mask = WireMask()
            mask.storeSvid = true
            let result = try await server.update(entry, mask: mask)
            #expect(result.status.code == StatusCode.ok, "\(result.status.message)")
            #expect(try await server.get(entry.id).storeSvid)
            mask.storeSvid = false
            mask.selectors = true
            #expect(try await server.update(entry, mask: mask).status.code == StatusCode.invalidArgument)
        }
    }

    @Test("36: DNS names are replaced as a set: they come back, in whatever order")
    func dnsNames() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.dnsNames = ["old.example"]
            try await server.created(entry)
            var mask = WireMask()
            mask.dnsNames = true
            entry.dnsNames = ["c.example", "a.example", "b.example"]
            let updated = try await server.update(entry, mask: mask).entry
            #expect(updated.dnsNames.sorted() == ["a.example", "b.example", "c.example"])
            #expect(try await server.get(entry.id).dnsNames.sorted() == ["a.example", "b.example", "c.example"])
        }
    }

    @Test("30, 36: federated trust domains are replaced as a set")
    func federatesWith() async throws {
        try await ContractServer.with(domains: ["d1", "d2"]) { server in
            let (d1, d2, d3) = (server.domain("d1"), server.domain("d2"), server.domain("d3"))
            var entry = server.entry("a")
            entry.federatesWith = [d1]
            try await server.created(entry)
            var mask = WireMask()
            mask.federatesWith = true
            entry.federatesWith = ["spiffe://\(d2)"]
            #expect(try await server.update(entry, mask: mask).entry.federatesWith == [d2])
            entry.federatesWith = [d3]
            let result = try await server.update(entry, mask: mask)
            #expect(result.status.code == StatusCode.internalError)
            #expect(result.status.message.contains("unable to find federated bundle \"spiffe://\(d3)\""))
            #expect(try await server.get(entry.id).federatesWith == [d2])
        }
    }

    @Test("37, 39: what is not masked stays, and the revision rises all the same")
    func notMasked() async throws {
        try await ContractServer.with { server in
            var expected = try await seed(server)
            var change = expected
            change.x509SvidTtl = 999
            change.clearAdditionalAttributes()
            change.revisionNumber = 50
            let result = try await server.update(change, mask: WireMask())
            expected.revisionNumber = 1
            #expect(result.entry.sorted == expected)
        }
    }

    @Test("38: without an input mask every field is replaced, emptied where it is empty")
    func noMask() async throws {
        try await ContractServer.with { server in
            let old = try await seed(server)
            let plain = server.entry("a", selectors: ["x:1"])
            var updated = try await server.update(plain, mask: nil).entry
            #expect(updated.revisionNumber == 1)
            #expect(updated.createdAt == old.createdAt)
            updated.revisionNumber = 0
            updated.createdAt = 0
            #expect(updated == plain)
        }
    }

    @Test("40: an empty output mask leaves the ID")
    func outputMask() async throws {
        try await ContractServer.with { server in
            let entry = try await seed(server)
            var expected = WireEntry()
            expected.id = entry.id
            #expect(try await server.update(entry, mask: WireMask(), output: WireMask()).entry == expected)
        }
    }

    enum Flaw: CaseIterable {
        case mixedSelectors, spiffeID, parentID, noSelectors
    }

    @Test("41: a change with a flaw is an invalid argument and changes nothing", arguments: Flaw.allCases)
    func flaws(_ flaw: Flaw) async throws {
        try await ContractServer.with { server in
            let old = try await seed(server)
            var change = WireEntry()
            change.id = old.id
            var mask = WireMask()
            switch flaw {
            case .mixedSelectors:
                change.storeSvid = true
                mask.storeSvid = true
                change.selectors = ["gid:1", "aws:1"].map(ContractServer.selector)
                mask.selectors = true
            case .spiffeID:
                change.spiffeID.path = "/a"
                mask.spiffeID = true
            case .parentID:
                change.parentID.path = "/a"
                mask.parentID = true
            case .noSelectors: mask.selectors = true
            }
            #expect(try await server.update(change, mask: mask).status.code == StatusCode.invalidArgument)
            #expect(try await server.get(old.id).sorted == old)
        }
    }

    @Test("41: an unknown entry is not found")
    func unknown() async throws {
        try await ContractServer.with { server in
            let result = try await server.update(server.entry("nobody"), mask: nil)
            #expect(result.status.code == StatusCode.notFound)
            #expect(result.status.message == "failed to update entry")
        }
    }

    @Test("41: a failure of the store is an internal error", .emulatorOnly("the store fails"))
    func storeFailure() async throws {
        try await ContractServer.with { server in
            let entry = try await seed(server)
            var request = Spire_Api_Server_Entry_V1_BatchUpdateEntryRequest()
            request.entries = [entry]
            let results = try await server.failingEntries.batchUpdateEntry(request).results
            #expect(results.map(\.status.code) == [StatusCode.internalError])
        }
    }

    @Test("extra 2: an update can make two entries alike")
    func duplicateTuple() async throws {
        try await ContractServer.with { server in
            try await server.created(server.entry("a"))
            var other = try await server.created(server.entry("b"))
            other.spiffeID = server.id("a")
            var mask = WireMask()
            mask.spiffeID = true
            #expect(try await server.update(other, mask: mask).status.code == StatusCode.ok)
            var request = Spire_Api_Server_Entry_V1_CountEntriesRequest()
            request.filter.bySpiffeID = server.id("a")
            #expect(try await server.entries.countEntries(request).count == 2)
        }
    }
}

extension Spire_Api_Types_Entry {
    /// The entry with its sets in order, for comparison.
    fileprivate var sorted: WireEntry {
        var entry = self
        entry.selectors.sort { ($0.type, $0.value) < ($1.type, $1.value) }
        entry.federatesWith.sort()
        entry.dnsNames.sort()
        return entry
    }
}
