import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("BatchCreateEntry")
struct CreateEntryContractTests {
    @Test("18: items succeed and fail each for itself, in order, and the output mask is applied")
    func mixedBatch() async throws {
        try await ContractServer.with { server in
            var bad = server.entry("bad")
            bad.dnsNames = [""]
            var mask = WireMask()
            mask.spiffeID = true
            let results = try await server.create([server.entry("a"), bad, server.entry("b")], mask: mask)
            #expect(results.map(\.status.code) == [StatusCode.ok, StatusCode.invalidArgument, StatusCode.ok])
            #expect(results.map(\.hasEntry) == [true, false, true])
            #expect(results.first?.status.message == "OK")
            #expect(results.first?.entry.spiffeID == server.id("a"))
            #expect(results.first?.entry.selectors.isEmpty == true)
            #expect(results.dropFirst().first?.status.message.hasPrefix("failed to convert entry: ") == true)
        }
    }

    @Test("19, 20, 24: without an output mask everything comes back as it was asked for, under the custom ID")
    func roundTrip() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a", selectors: ["gid:1", "uid:2"])
            entry.x509SvidTtl = 60
            entry.jwtSvidTtl = 30
            entry.admin = true
            entry.downstream = true
            entry.expiresAt = 4_102_444_800
            entry.dnsNames = ["a.example", "b.example"]
            entry.hint = "internal"
            entry.additionalAttributes.disableX509SvidPrefetch = true
            var created = try await server.created(entry)
            #expect(created.createdAt > 0)
            created.createdAt = 0
            #expect(created.revisionNumber == 0)
            created.selectors.sort { $0.type < $1.type }
            created.dnsNames.sort()
            #expect(created == entry)
        }
    }

    @Test("19: store_svid comes back")
    func storeSVID() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a", selectors: ["aws:1", "aws:2"])
            entry.storeSvid = true
            let created = try await server.created(entry)
            #expect(created.storeSvid)
        }
    }

    @Test("20, 30, 31: federated trust domains are taken as names or IDs, and come back as names, each once")
    func federatesWith() async throws {
        try await ContractServer.with(domains: ["d1", "d2"]) { server in
            let (d1, d2) = (server.domain("d1"), server.domain("d2"))
            var entry = server.entry("a")
            entry.federatesWith = ["spiffe://\(d1)", d2, d1]
            let created = try await server.created(entry)
            #expect(created.federatesWith.sorted() == [d1, d2].sorted())
        }
    }

    @Test("21, 22: an empty output mask leaves the ID, and an empty batch has no results")
    func emptyMask() async throws {
        try await ContractServer.with { server in
            let results = try await server.create([server.entry("a")], mask: WireMask())
            var expected = WireEntry()
            expected.id = server.entryID("a")
            #expect(results.map(\.entry) == [expected])
            #expect(try await server.create([]).isEmpty)
        }
    }

    @Test("an entry without an ID gets one")
    func generatedID() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.id = ""
            let created = try await server.created(entry)
            #expect(created.id.isEmpty == false)
        }
    }

    @Test(
        "23, 29: other selectors, fewer or more of them, or another SPIFFE ID make an entry of its own",
        arguments: [["gid:1000"], ["uid:1000"], ["uid:1000", "gid:1000"], ["uid:1000", "user:me", "gid:1000", "x:y"]])
    func notSimilar(_ selectors: [String]) async throws {
        try await ContractServer.with { server in
            try await server.created(server.entry("a", selectors: ["uid:1000", "user:me"]))
            var other = server.entry("a", selectors: selectors)
            other.id = server.entryID("a2")
            try await server.created(other)
            try await server.created(server.entry("b", selectors: ["uid:1000", "user:me"]))
        }
    }

    @Test("25: a similar entry is returned as it is, whatever ID and attributes the request has")
    func similar() async throws {
        try await ContractServer.with { server in
            var first = server.entry("a", selectors: ["gid:1000", "uid:1000"])
            first.hint = "first"
            let existing = try await server.created(first)
            var second = server.entry("a", selectors: ["uid:1000", "gid:1000"])
            second.id = server.entryID("second")
            second.hint = "second"
            let result = try #require(try await server.create([second]).first)
            #expect(result.status.code == StatusCode.alreadyExists)
            #expect(result.status.message == "similar entry already exists")
            #expect(result.entry.id == existing.id)
            #expect(result.entry.hint == "first")
            #expect(try await server.get(existing.id).hint == "first")
        }
    }

    @Test("extra 1: an ID that another tuple has already exists, and no entry is returned")
    func idCollision() async throws {
        try await ContractServer.with { server in
            try await server.created(server.entry("a"))
            var other = server.entry("b")
            other.id = server.entryID("a")
            let result = try #require(try await server.create([other]).first)
            #expect(result.status.code == StatusCode.alreadyExists)
            #expect(!result.hasEntry)
        }
    }

    @Test(
        "extra 1: a selector or DNS name given twice already exists, and no entry is returned",
        arguments: [true, false])
    func duplicateMember(_ isSelector: Bool) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a", selectors: isSelector ? ["uid:1", "uid:1"] : ["uid:1"])
            entry.dnsNames = isSelector ? [] : ["a.example", "a.example"]
            let result = try #require(try await server.create([entry]).first)
            #expect(result.status.code == StatusCode.alreadyExists)
            #expect(!result.hasEntry)
        }
    }

    enum Flaw: CaseIterable {
        case parentWithoutTrustDomain, noParent, noSPIFFEID, trustDomainWithSpace, foreignTrustDomain, rootParent
        case reservedID, trailingSlash, dotSegment, idNotASCII, idTooLong, negativeX509TTL, negativeJWTTTL, noSelectors
        case selectorWithoutType, selectorTypeWithColon, selectorWithoutValue, malformedFederation, longHint, hyphenDNS
        case mixedStoreSVID, storeSVIDWithoutPrefetch

        func apply(to entry: inout WireEntry) {
            switch self {
            case .parentWithoutTrustDomain: entry.parentID.trustDomain = ""
            case .noParent: entry.clearParentID()
            case .noSPIFFEID: entry.clearSpiffeID()
            case .trustDomainWithSpace: entry.spiffeID.trustDomain = "example org"
            case .foreignTrustDomain: entry.spiffeID.trustDomain = "elsewhere.test"
            case .rootParent: entry.parentID.path = ""
            case .reservedID: entry.spiffeID.path = "/spire/agent/a"
            case .trailingSlash: entry.spiffeID.path += "/"
            case .dotSegment: entry.spiffeID.path += "/.."
            case .idNotASCII: entry.id = "☃"
            case .idTooLong: entry.id = String(repeating: "e", count: 256)
            case .negativeX509TTL: entry.x509SvidTtl = -1
            case .negativeJWTTTL: entry.jwtSvidTtl = -1
            case .noSelectors: entry.selectors = []
            case .selectorWithoutType: entry.selectors = [ContractServer.selector(":value")]
            case .selectorTypeWithColon: entry.selectors[0].type = "a:b"
            case .selectorWithoutValue: entry.selectors = [ContractServer.selector("type:")]
            case .malformedFederation: entry.federatesWith = ["malformed td"]
            case .longHint: entry.hint = String(repeating: "h", count: 1025)
            case .hyphenDNS: entry.dnsNames = ["abc-"]
            case .mixedStoreSVID:
                entry.storeSvid = true
                entry.selectors = ["a:1", "b:1"].map(ContractServer.selector)
            case .storeSVIDWithoutPrefetch:
                entry.storeSvid = true
                entry.additionalAttributes.disableX509SvidPrefetch = true
            }
        }
    }

    @Test("26, 27, 29, 31, 41: an entry with a flaw is an invalid argument", arguments: Flaw.allCases)
    func flaws(_ flaw: Flaw) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            flaw.apply(to: &entry)
            let result = try #require(try await server.create([entry]).first)
            #expect(result.status.code == StatusCode.invalidArgument)
            #expect(!result.hasEntry)
        }
    }

    @Test("an ID of 255 characters, a hint of 1024 bytes and a parent that does not exist are fine")
    func bounds() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.id = server.scope + String(repeating: "x", count: 255 - server.scope.count)
            entry.hint = String(repeating: "h", count: 1024)
            entry.parentID.path = "/spire/agent/\(server.scope)"
            let created = try await server.created(entry)
            #expect(created.id == entry.id)
        }
    }

    @Test("28: a failure of the store is an internal error of each item", .emulatorOnly("the store fails"))
    func storeFailure() async throws {
        try await ContractServer.with { server in
            var request = Spire_Api_Server_Entry_V1_BatchCreateEntryRequest()
            request.entries = [server.entry("a"), server.entry("b")]
            let results = try await server.failingEntries.batchCreateEntry(request).results
            #expect(results.map(\.status.code) == [StatusCode.internalError, StatusCode.internalError])
        }
    }

    @Test("30: a federated trust domain without a stored bundle is an internal error that names it")
    func missingBundle() async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.federatesWith = [server.domain("nobody")]
            let result = try #require(try await server.create([entry]).first)
            #expect(result.status.code == StatusCode.internalError)
            #expect(
                result.status.message.contains(
                    "unable to find federated bundle \"spiffe://\(server.domain("nobody"))\""))
        }
    }

    @Test(
        "31: a DNS name is what a domain name may be, with one leading wildcard at most",
        arguments: [
            ("com", true), ("example.com", true), ("*.example.com", true), ("xn--ls8h.org", true),
            ("a-hello.com", true), (".", false), ("example.com.", false), ("", false), (" ", false),
            ("*.*.example.com", false), ("a.*.example.com", false), ("☃.example.com", false), ("-a.com", false),
            ("abc-", false), (String(repeating: "a", count: 64) + ".com", false),
            (String(repeating: "a.", count: 127) + "com", false),
        ])
    func dnsNames(_ name: String, _ isValid: Bool) async throws {
        try await ContractServer.with { server in
            var entry = server.entry("a")
            entry.dnsNames = [name]
            let result = try #require(try await server.create([entry]).first)
            #expect(result.status.code == (isValid ? StatusCode.ok : StatusCode.invalidArgument))
        }
    }
}
