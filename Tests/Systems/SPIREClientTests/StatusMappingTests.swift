import LanyardAPI
import SPIREClient
import Testing

@Suite("SPIREError of a status")
struct StatusMappingTests {
    @Test(
        "each status code has its kind of failure",
        arguments: [
            (1, .unavailable), (2, .serverError), (3, .invalidArgument), (4, .unavailable),
            (5, .serverError), (6, .serverError), (7, .permissionDenied), (8, .serverError), (9, .serverError),
            (12, .serverError), (13, .serverError), (14, .unavailable), (16, .permissionDenied), (99, .serverError),
        ] as [(Int32, SPIREError.Code)])
    func codes(_ status: Int32, _ code: SPIREError.Code) {
        #expect(SPIREError(statusCode: status, message: "text").code == code)
    }

    @Test("an internal error about a bundle is told apart by its text")
    func bundle() {
        let message = "failed to create entry: unable to find federated bundle \"spiffe://d3\""
        let error = SPIREError(statusCode: 13, message: message)
        #expect(error.code == .federatedBundleMissing)
        #expect(error.message == message)
        #expect(SPIREError(statusCode: 2, message: message).code == .serverError)
    }

    @Test("texts that may have addresses are not kept, others are cut")
    func messages() {
        for status in [2, 4, 7, 13, 14] as [Int32] {
            #expect(!SPIREError(statusCode: status, message: "dial unix /run/x.sock").message.contains("/run"))
        }
        #expect(SPIREError(statusCode: 3, message: String(repeating: "x", count: 5000)).message.count == 200)
    }

    @Test("a creation is told apart from a similar entry and from a taken ID")
    func creation() throws {
        var result = Spire_Api_Server_Entry_V1_BatchCreateEntryResponse.Result()
        let nothing = result
        #expect(try #require(throws: SPIREError.self) { try nothing.outcome() }.code == .malformedAnswer)
        result.status.code = 6
        #expect(try result.outcome() == .idTaken)
        let entry = RegistrationEntry(
            id: "a", spiffeID: try SPIFFEID("spiffe://example.org/a"), parentID: try SPIFFEID("spiffe://example.org/b"),
            selectors: [try #require(WorkloadSelector("a:b"))])
        result.entry = entry.wire
        #expect(try result.outcome() == .similarExists(entry))
        result.status.code = 0
        #expect(try result.outcome() == .created(entry))
        result.status.code = 3
        let refused = result
        #expect(try #require(throws: SPIREError.self) { try refused.outcome() }.code == .invalidArgument)
    }

    @Test("an absent entry is no failure of an update or a deletion, everything else is")
    func absence() throws {
        var update = Spire_Api_Server_Entry_V1_BatchUpdateEntryResponse.Result()
        var deletion = Spire_Api_Server_Entry_V1_BatchDeleteEntryResponse.Result()
        #expect(try update.outcome())
        try deletion.outcome()
        update.status.code = 5
        deletion.status.code = 5
        #expect(try !update.outcome())
        try deletion.outcome()
        update.status.code = 13
        deletion.status.code = 13
        let (failedUpdate, failedDeletion) = (update, deletion)
        #expect(throws: SPIREError.self) { try failedUpdate.outcome() }
        #expect(throws: SPIREError.self) { try failedDeletion.outcome() }
    }
}
