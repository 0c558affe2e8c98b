import GRPCCore
import SPIREClient
import SPIREEmulator
import SwiftProtobuf
import Testing

@Suite("ListEntries and CountEntries")
struct ListEntriesContractTests {
    private typealias Filter = Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter
    typealias SelectorRelation = Spire_Api_Types_SelectorMatch.MatchBehavior
    typealias FederationRelation = Spire_Api_Types_FederatesWithMatch.MatchBehavior

    /// The two entries that the cases call A and B.
    ///
    /// - Parameter federated: Whether they federate with `d1` and `d2`.
    private func seed(_ server: ContractServer, federated: Bool = false) async throws {
        var a = server.entry("a", selectors: ["uid:1000", "gid:1000"])
        a.hint = "internal"
        var b = server.entry("b")
        b.hint = "external"
        if federated {
            a.federatesWith = [server.domain("d1")]
            b.federatesWith = [server.domain("d1"), "spiffe://\(server.domain("d2"))"]
        }
        try await server.created(a)
        try await server.created(b)
    }

    private func list(_ server: ContractServer, _ filter: Filter?) async throws -> [String] {
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        if let filter { request.filter = filter }
        return try await server.entries.listEntries(request).entries.map(\.id)
    }

    @Test("1-5: filters are ANDed, and the output mask leaves only what it names")
    func filters() async throws {
        try await ContractServer.with { server in
            try await seed(server)
            let (a, b) = (server.entryID("a"), server.entryID("b"))
            #expect(try await list(server, nil).filter { $0.hasPrefix(server.scope) } == [a, b])
            var byParent = Filter()
            byParent.byParentID = server.id("parent")
            #expect(try await list(server, byParent) == [a, b])
            var byID = Filter()
            byID.bySpiffeID = server.id("a")
            #expect(try await list(server, byID) == [a])
            var byHint = byParent
            byHint.byHint = "internal"
            #expect(try await list(server, byHint) == [a])
            byHint.byHint = ""
            #expect(try await list(server, byHint) == [a, b])

            var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            request.filter.byParentID = server.id("parent")
            request.filter.bySpiffeID = server.id("a")
            request.filter.byHint = "internal"
            request.filter.bySelectors.selectors = ["gid:1000", "uid:1000"].map(ContractServer.selector)
            request.outputMask.spiffeID = true
            var expected = WireEntry()
            expected.id = a
            expected.spiffeID = server.id("a")
            #expect(try await server.entries.listEntries(request).entries == [expected])
        }
    }

    @Test(
        "1: a stored entry that does not parse is left out, and the call succeeds",
        .emulatorOnly("a row is damaged"))
    func malformedRow() async throws {
        try await ContractServer.with { server in
            try await seed(server)
            try await server.insertMalformed("x")
            var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            request.pageSize = 0
            let found = try await server.entries.listEntries(request).entries.map(\.id)
            #expect(found.filter { $0.hasPrefix(server.scope) } == [server.entryID("a"), server.entryID("b")])
        }
    }

    @Test(
        "6: sets of selectors are matched exactly, as subset, as superset or by any",
        arguments: [
            (["uid:1000"], SelectorRelation.matchExact, ["b"]),
            (["uid:1000", "gid:1000", "user:me"], .matchSubset, ["a", "b"]), (["gid:1000"], .matchAny, ["a"]),
            (["gid:1000", "uid:1000"], .matchSuperset, ["a"]), (["uid:1000", "uid:1000"], .matchExact, ["b"]),
            (["user:me"], .matchAny, []),
        ])
    func selectors(_ selectors: [String], _ relation: SelectorRelation, _ expected: [String]) async throws {
        try await ContractServer.with { server in
            try await seed(server)
            var filter = Filter()
            filter.byParentID = server.id("parent")
            filter.bySelectors.selectors = selectors.map(ContractServer.selector)
            filter.bySelectors.match = relation
            #expect(try await list(server, filter) == expected.map(server.entryID))
        }
    }

    @Test(
        "7: federated trust domains are matched exactly, as subset, as superset or by any, in both forms",
        arguments: [
            (["d1", "d2"], FederationRelation.matchExact, ["b"]), (["spiffe://d1"], .matchExact, ["a"]),
            (["d1", "d1"], .matchExact, ["a"]), (["d3"], .matchExact, []),
            (["d1", "d2", "d3"], .matchSubset, ["a", "b"]), (["d1"], .matchSubset, ["a"]), (["d3"], .matchSubset, []),
            (["d1", "spiffe://d2"], .matchAny, ["a", "b"]), (["d2"], .matchAny, ["b"]), (["d3"], .matchAny, []),
            (["d1", "d2"], .matchSuperset, ["b"]), (["d1"], .matchSuperset, ["a", "b"]), (["d3"], .matchSuperset, []),
        ])
    func federatesWith(_ names: [String], _ relation: FederationRelation, _ expected: [String]) async throws {
        try await ContractServer.with(domains: ["d1", "d2"]) { server in
            try await seed(server, federated: true)
            var filter = Filter()
            let scheme = "spiffe://"
            filter.byFederatesWith.trustDomains = names.map { name in
                name.hasPrefix(scheme)
                    ? scheme + server.domain(String(name.dropFirst(scheme.count))) : server.domain(name)
            }
            filter.byFederatesWith.match = relation
            #expect(try await list(server, filter) == expected.map(server.entryID))
        }
    }

    @Test("8: every page that is not empty has a token, the last one too", arguments: [(0, 1), (1, 2), (2, 2), (3, 3)])
    func paging(_ count: Int, _ calls: Int) async throws {
        try await ContractServer.with { server in
            for index in 0..<count {
                try await server.created(server.entry("e\(index)"))
                try await server.created(server.entry("other\(index)", parent: "elsewhere"))
            }
            var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            request.filter.byParentID = server.id("parent")
            request.pageSize = 2
            var found: [String] = []
            var tokens: [String] = []
            repeat {
                let page = try await server.entries.listEntries(request)
                #expect(page.nextPageToken.isEmpty == page.entries.isEmpty)
                found += page.entries.map(\.id)
                tokens.append(page.nextPageToken)
                request.pageToken = page.nextPageToken
            } while !request.pageToken.isEmpty
            #expect(found == (0..<count).map { server.entryID("e\($0)") })
            #expect(tokens.count == calls)
            // A token is the number of a row, which rises.
            let numbers = tokens.dropLast().compactMap { Int64($0) }
            #expect(numbers.count == calls - 1)
            #expect(numbers == numbers.sorted())
        }
    }

    @Test("8, extra 4: a token outlives the entry that it names, and page size 0 returns everything")
    func keyset() async throws {
        try await ContractServer.with { server in
            for name in ["a", "b", "c"] { try await server.created(server.entry(name)) }
            var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            request.filter.byParentID = server.id("parent")
            request.pageSize = 1
            request.pageToken = try await server.entries.listEntries(request).nextPageToken
            var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryRequest()
            deletion.ids = [server.entryID("a")]
            _ = try await server.entries.batchDeleteEntry(deletion)
            #expect(try await server.entries.listEntries(request).entries.map(\.id) == [server.entryID("b")])
            request.pageSize = 0
            request.pageToken = ""
            let all = try await server.entries.listEntries(request)
            #expect(all.entries.count == 2)
            #expect(all.nextPageToken.isEmpty)
        }
    }

    enum BadFilter: CaseIterable {
        case parentWithoutTrustDomain, idWithoutTrustDomain, reservedID, noSelectors, emptySelectorType
        case noTrustDomains, emptyTrustDomain

        func apply(to filter: inout some BadFilterTarget, server: ContractServer) {
            switch self {
            case .parentWithoutTrustDomain: filter.byParentID.path = "/a"
            case .idWithoutTrustDomain: filter.bySpiffeID.path = "/a"
            case .reservedID:
                filter.bySpiffeID = server.id("a")
                filter.bySpiffeID.path = "/spire/agent/a"
            case .noSelectors: filter.bySelectors = .init()
            case .emptySelectorType: filter.bySelectors.selectors = [ContractServer.selector(":value")]
            case .noTrustDomains: filter.byFederatesWith = .init()
            case .emptyTrustDomain: filter.byFederatesWith.trustDomains = [""]
            }
        }
    }

    @Test("9, 17: a malformed filter is an invalid argument, for both calls", arguments: BadFilter.allCases)
    func badFilter(_ bad: BadFilter) async throws {
        try await ContractServer.with { server in
            var list = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            bad.apply(to: &list.filter, server: server)
            var count = Spire_Api_Server_Entry_V1_CountEntriesRequest()
            bad.apply(to: &count.filter, server: server)
            let (listing, counting) = (list, count)
            try await ContractServer.expect(.invalidArgument) { try await server.entries.listEntries(listing) }
            try await ContractServer.expect(.invalidArgument) { try await server.entries.countEntries(counting) }
        }
    }

    @Test("9: a token that is no number fails the call")
    func badToken() async throws {
        try await ContractServer.with { server in
            var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
            request.pageSize = 1
            request.pageToken = "later"
            let listing = request
            try await ContractServer.expect(.internalError) { try await server.entries.listEntries(listing) }
        }
    }

    @Test("17: entries are counted, all of them or those that match", arguments: 0...3)
    func count(_ count: Int) async throws {
        try await ContractServer.with { server in
            for index in 0..<count { try await server.created(server.entry("e\(index)")) }
            var request = Spire_Api_Server_Entry_V1_CountEntriesRequest()
            request.filter.byParentID = server.id("parent")
            #expect(try await server.entries.countEntries(request).count == Int32(count))
            #expect(try await server.entries.countEntries(.init()).count >= Int32(count))
        }
    }

    @Test("9, 15, 17: a failure of the store is an internal error", .emulatorOnly("the store fails"))
    func storeFailure() async throws {
        try await ContractServer.with { server in
            try await server.created(server.entry("a"))
            let failing = server.failingEntries
            try await ContractServer.expect(.internalError) { try await failing.listEntries(.init()) }
            try await ContractServer.expect(.internalError) { try await failing.countEntries(.init()) }
            var request = Spire_Api_Server_Entry_V1_GetEntryRequest()
            request.id = server.entryID("a")
            let reading = request
            try await ContractServer.expect(.internalError) { try await failing.getEntry(reading) }
        }
    }
}

/// The filters of both calls, for writing.
protocol BadFilterTarget {
    var bySpiffeID: Spire_Api_Types_SPIFFEID { get set }
    var byParentID: Spire_Api_Types_SPIFFEID { get set }
    var bySelectors: Spire_Api_Types_SelectorMatch { get set }
    var byFederatesWith: Spire_Api_Types_FederatesWithMatch { get set }
}

extension Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter: BadFilterTarget {}
extension Spire_Api_Server_Entry_V1_CountEntriesRequest.Filter: BadFilterTarget {}
