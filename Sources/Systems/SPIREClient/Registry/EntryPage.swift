package import LanyardAPI

/// Asks for one page of a listing of entries.
package struct EntryPageRequest: Equatable, Sendable {
    /// How much of each entry is listed; less is cheaper.
    package enum Content: Sendable {
        /// ID, revision and time of creation.
        case revisions
        /// The whole entry.
        case entries
    }

    package var filter: EntryFilter
    package var content: Content
    /// Where the page starts, and how many entries it has at most.
    package var position: PageRequest

    /// Asks for the first page.
    ///
    /// - Parameter filter: Without one, everything that the server has is listed.
    package init(_ content: Content, matching filter: EntryFilter = EntryFilter(), size: Int32 = 500) {
        self.filter = filter
        self.content = content
        position = PageRequest(size: size)
    }
}

/// One page of a listing of entries.
package struct EntryPage: Equatable, Sendable {
    package var items: [ListedEntry]
    /// What asks for the next page; nil after the last one. Its page is smaller when this one's was too large.
    package var next: EntryPageRequest?

    /// The last page, where no request follows.
    package init(items: [ListedEntry], next: EntryPageRequest?) {
        self.items = items
        self.next = next
    }
}

/// An entry in a listing.
package struct ListedEntry: Equatable, Sendable {
    /// What is known of an entry.
    package enum Content: Equatable, Sendable {
        /// Only its revision was asked for.
        case revision
        /// The whole entry.
        case entry(RegistrationEntry)
        /// It exists, but is not what an entry should be (an ID is too long, for example). Never one of Lanyard's own,
        /// unless somebody changed it.
        case unreadable
    }

    package var id: String
    package var revisionNumber: Int64
    /// Seconds since 1970.
    package var createdAt: Int64
    package var content: Content

    /// Makes an item.
    package init(id: String, revisionNumber: Int64, createdAt: Int64, content: Content) {
        self.id = id
        self.revisionNumber = revisionNumber
        self.createdAt = createdAt
        self.content = content
    }
}

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
