import LanyardAPI
import SPIREClient
import Testing

@Suite("Conversion of entries and agents")
struct WireConversionTests {
    private static func entry() throws -> RegistrationEntry {
        RegistrationEntry(
            id: "lanyard.c.ns.a", spiffeID: try SPIFFEID("spiffe://example.org/ns/a"),
            parentID: try SPIFFEID("spiffe://example.org/spire/server"),
            selectors: [
                try #require(WorkloadSelector("k8s:sa:a")), try #require(WorkloadSelector("k8s:ns:a")),
                try #require(WorkloadSelector("docker:x")),
            ])
    }

    /// Changes that each concern one field, and the fields that they concern.
    private static let changes: [(EntryField, @Sendable (inout RegistrationEntry) throws -> Void)] = [
        (.spiffeID, { $0.spiffeID = try SPIFFEID("spiffe://example.org/other") }),
        (.parentID, { $0.parentID = try SPIFFEID("spiffe://example.org/other") }),
        (.selectors, { $0.selectors = [try #require(WorkloadSelector("a:b"))] }),
        (.x509SVIDTTL, { $0.x509SVIDTTL = 60 }), (.jwtSVIDTTL, { $0.jwtSVIDTTL = 61 }),
        (.dnsNames, { $0.dnsNames = ["z.example", "a.example"] }),
        (.federatesWith, { $0.federatesWith = ["d2", "d1"] }),
        (.admin, { $0.isAdmin = true }), (.downstream, { $0.isDownstream = true }),
        (.storeSVID, { $0.storesSVID = true }), (.hint, { $0.hint = "h" }), (.expiresAt, { $0.expiresAt = 62 }),
        (.prefetch, { $0.disablesX509SVIDPrefetch = true }),
    ]

    @Test("every field survives the way to the wire and back", arguments: 0..<changes.count)
    func roundTrip(_ index: Int) throws {
        var entry = try Self.entry()
        try Self.changes[index].1(&entry)
        #expect(entry != (try Self.entry()))
        #expect(try RegistrationEntry(wire: entry.wire) == entry)
    }

    @Test("all fields of an entry are in the table above")
    func complete() {
        #expect(Self.changes.map(\.0).sorted() == EntryField.allCases.sorted())
    }

    @Test("what only the server writes is read and never sent")
    func outputOnly() throws {
        var wire = try Self.entry().wire
        #expect(wire.revisionNumber == 0 && wire.createdAt == 0)
        wire.revisionNumber = 3
        wire.createdAt = 4
        let entry = try RegistrationEntry(wire: wire)
        #expect(entry.revisionNumber == 3)
        #expect(entry.createdAt == 4)
        #expect(entry.wire.revisionNumber == 0)
    }

    @Test("sets are sent in order, DNS names as they are")
    func order() throws {
        var entry = try Self.entry()
        entry.federatesWith = ["d3", "d1", "d2"]
        entry.dnsNames = ["z.example", "a.example"]
        #expect(entry.wire.selectors.map { "\($0.type):\($0.value)" } == ["docker:x", "k8s:ns:a", "k8s:sa:a"])
        #expect(entry.wire.federatesWith == ["d1", "d2", "d3"])
        #expect(entry.wire.dnsNames == ["z.example", "a.example"])
    }

    @Test(
        "an entry that cannot be understood is a malformed answer",
        arguments: [
            { $0.id = "" }, { $0.clearSpiffeID() }, { $0.clearParentID() }, { $0.spiffeID.trustDomain = "Example" },
            { $0.parentID.path = "no-slash" }, { $0.spiffeID.path = "/a/../b" }, { $0.selectors[0].type = "" },
            { $0.selectors[0].type = "a:b" }, { $0.selectors[0].value = "" },
        ] as [@Sendable (inout Spire_Api_Types_Entry) -> Void])
    func malformed(_ damage: @Sendable (inout Spire_Api_Types_Entry) -> Void) throws {
        var wire = try Self.entry().wire
        damage(&wire)
        let damaged = wire
        let error = try #require(throws: SPIREError.self) { try RegistrationEntry(wire: damaged) }
        #expect(error.code == .malformedAnswer)
    }

    @Test("a mask has exactly the given fields", arguments: EntryField.allCases)
    func mask(_ field: EntryField) throws {
        let mask = Spire_Api_Types_EntryMask([field])
        let set = [
            mask.spiffeID, mask.parentID, mask.selectors, mask.x509SvidTtl, mask.jwtSvidTtl, mask.dnsNames,
            mask.federatesWith, mask.admin, mask.downstream, mask.storeSvid, mask.hint, mask.expiresAt,
            mask.additionalAttributes,
        ]
        let order: [EntryField] = [
            .spiffeID, .parentID, .selectors, .x509SVIDTTL, .jwtSVIDTTL, .dnsNames, .federatesWith, .admin, .downstream,
            .storeSVID, .hint, .expiresAt, .prefetch,
        ]
        #expect(set == order.map { $0 == field })
        #expect(!mask.revisionNumber && !mask.createdAt)
    }

    @Test("an agent is read, its selectors in order")
    func agent() throws {
        var wire = Spire_Api_Types_Agent()
        wire.id.trustDomain = "example.org"
        wire.id.path = "/spire/agent/t/1"
        wire.attestationType = "t"
        wire.x509SvidExpiresAt = 5
        wire.banned = true
        wire.selectors = ["b:2", "a:1"].compactMap { WorkloadSelector($0)?.wire }
        let agent = try Agent(wire: wire)
        #expect(agent.id.description == "spiffe://example.org/spire/agent/t/1")
        #expect(agent.attestationType == "t")
        #expect(agent.selectors.map(\.description) == ["a:1", "b:2"])
        #expect(agent.expiresAt == 5)
        #expect(agent.isBanned)
        wire.clearID()
        let nameless = wire
        #expect(throws: SPIREError.self) { try Agent(wire: nameless) }
    }
}
