import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import SwiftProtobuf
import Synchronization
import Testing

@Suite("EntryDatastore")
struct EntryDatastoreTests {
    private struct DiskFull: Error {}

    private func store() throws -> EntryDatastore {
        EntryDatastore(trustDomain: try #require(TrustDomain("example.org"))) { "generated" }
    }

    private func entry(_ name: String) -> WireEntry {
        var entry = WireEntry()
        entry.id = name
        entry.spiffeID.trustDomain = "example.org"
        entry.spiffeID.path = "/\(name)"
        entry.parentID.trustDomain = "example.org"
        entry.parentID.path = "/parent"
        entry.selectors = [ContractServer.selector("uid:1")]
        return entry
    }

    @Test("a change that cannot be made durable is not made")
    func commitFails() throws {
        var store = try store()
        _ = store.create([entry("a")], outputMask: nil, now: 1)
        let before = store.entries
        store.commit = { _ in throw DiskFull() }
        #expect(store.create([entry("b")], outputMask: nil, now: 1).map(\.status.code) == [StatusCode.internalError])
        var change = entry("a")
        change.hint = "new"
        #expect(
            store.update([change], inputMask: nil, outputMask: nil).map(\.status.code) == [StatusCode.internalError])
        #expect(store.delete(ids: ["a"]).map(\.status.code) == [StatusCode.internalError])
        #expect(store.entries == before)
    }

    @Test("a store made from the rows of another has the same entries in the same order, and goes on after them")
    func rows() throws {
        var first = try store()
        let rows = Mutex<[Int64: StoredEntry]>([:])
        first.commit = { change in
            rows.withLock { rows in
                switch change {
                case .stored(let row, let entry): rows[row] = entry
                case .removed(let row): rows[row] = nil
                case .documentStored, .documentRemoved: Issue.record("no document was changed")
                }
            }
        }
        _ = first.create([entry("a"), entry("b"), entry("c")], outputMask: nil, now: 1)
        _ = first.delete(ids: ["a"])
        _ = first.update([entry("c")], inputMask: WireMask(), outputMask: nil)
        var second = EntryDatastore(
            trustDomain: first.trustDomain, rows: rows.withLock { $0 }, makeID: { "generated" })
        #expect(second.entries == first.entries)
        #expect(second.entries.map(\.revisionNumber) == [0, 1])
        _ = second.create([entry("a")], outputMask: nil, now: 1)
        #expect(second.entries.map(\.id) == ["b", "c", "a"])
    }

    @Test("an entry that was moved is found, and similar, only where it is now")
    func movedEntry() throws {
        var store = try store()
        _ = store.create([entry("a")], outputMask: nil, now: 1)
        var moved = entry("a")
        moved.spiffeID.path = "/moved"
        _ = store.update([moved], inputMask: nil, outputMask: nil)
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        request.filter.bySpiffeID = entry("a").spiffeID
        #expect(try store.list(request).entries.isEmpty)
        request.filter.bySpiffeID = moved.spiffeID
        #expect(try store.list(request).entries.map(\.id) == ["a"])
        var again = entry("a")
        again.id = "second"
        #expect(store.create([again], outputMask: nil, now: 1).map(\.status.code) == [StatusCode.ok])
    }

    @Test("a page that the downstream filter empties ends the paging early")
    func downstream() throws {
        var store = try store()
        var downstream = entry("b")
        downstream.downstream = true
        _ = store.create([entry("a"), downstream], outputMask: nil, now: 1)
        var request = Spire_Api_Server_Entry_V1_ListEntriesRequest()
        request.filter.byDownstream = true
        #expect(try store.list(request).entries.map(\.id) == ["b"])
        request.pageSize = 1
        let page = try store.list(request)
        #expect(page.entries.isEmpty)
        #expect(page.nextPageToken.isEmpty)
        request.filter.byDownstream = false
        #expect(try store.list(request).entries.map(\.id) == ["a"])
    }

    @Test("the first flaw wins: parent, SPIFFE ID, DNS names, federation, selectors, hint")
    func order() throws {
        var store = try store()
        var flawed = entry("a")
        flawed.clearParentID()
        flawed.clearSpiffeID()
        flawed.dnsNames = ["-"]
        flawed.federatesWith = ["malformed td"]
        flawed.selectors = []
        flawed.hint = String(repeating: "h", count: 2000)
        var messages: [String] = []
        let repairs: [(inout WireEntry) -> Void] = [
            { $0.parentID = entry("parent").spiffeID }, { $0.spiffeID = entry("a").spiffeID }, { $0.dnsNames = [] },
            { $0.federatesWith = [] }, { $0.selectors = entry("a").selectors }, { $0.hint = "" },
        ]
        for repair in repairs {
            let result = try #require(store.create([flawed], outputMask: nil, now: 1).first)
            #expect(result.status.code == StatusCode.invalidArgument)
            messages.append(result.status.message)
            repair(&flawed)
        }
        for (message, word) in zip(messages, ["parent ID", "spiffe ID", "DNS", "federated", "selector", "hint"]) {
            #expect(message.hasPrefix("failed to convert entry: ") && message.contains(word), "\(message)")
        }
        #expect(store.create([flawed], outputMask: nil, now: 1).map(\.status.code) == [StatusCode.ok])
    }
}
