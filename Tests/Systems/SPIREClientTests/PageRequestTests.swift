import SPIREClient
import Testing

@Suite("PageRequest")
struct PageRequestTests {
    @Test("a listing goes on from token to token until there is none")
    func advance() throws {
        var page = PageRequest(size: 500)
        #expect(page.token.isEmpty)
        let hasNext = try page.advance(to: "7")
        #expect(hasNext)
        #expect(page.token == "7")
        #expect(page.size == 500)
        let hasMore = try page.advance(to: "")
        #expect(!hasMore)
    }

    @Test("a token that repeats is a malformed answer, not an endless loop")
    func standstill() throws {
        var page = PageRequest(size: 500)
        _ = try page.advance(to: "7")
        let stuck = page
        let error = try #require(throws: SPIREError.self) {
            var page = stuck
            _ = try page.advance(to: "7")
        }
        #expect(error.code == .malformedAnswer)
    }

    @Test("a page is halved down to one item, at the same place")
    func shrink() throws {
        var page = PageRequest(size: 5)
        _ = try page.advance(to: "7")
        var sizes: [Int32] = []
        while page.shrink() { sizes.append(page.size) }
        #expect(sizes == [2, 1])
        #expect(page.size == 1 && page.token == "7")
        #expect(PageRequest(size: -1).size == 1)
    }
}
