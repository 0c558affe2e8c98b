/// Where a listing stands: how much to ask for next, and from where.
package struct PageRequest: Equatable, Sendable {
    /// How many items to ask for.
    package private(set) var size: Int32
    /// Where the page starts; empty for the first.
    package private(set) var token = ""

    /// The first page.
    package init(size: Int32) {
        self.size = max(1, size)
    }

    /// Halves the page after an answer that was too large; false when it cannot get smaller.
    package mutating func shrink() -> Bool {
        guard size > 1 else { return false }
        size /= 2
        return true
    }

    /// Goes on to the next page; false when there is none.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when the server does not advance.
    package mutating func advance(to nextToken: String) throws(SPIREError) -> Bool {
        guard !nextToken.isEmpty else { return false }
        guard nextToken != token else { throw SPIREError(.malformedAnswer, "a listing does not advance") }
        token = nextToken
        return true
    }
}
