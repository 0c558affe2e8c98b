package import SPIREClient
package import SwiftProtobuf

/// What the filters of ListEntries and CountEntries have in common: everything.
package protocol EntryFilterMessage {
    var hasBySpiffeID: Bool { get }
    var bySpiffeID: Spire_Api_Types_SPIFFEID { get }
    var hasByParentID: Bool { get }
    var byParentID: Spire_Api_Types_SPIFFEID { get }
    var hasBySelectors: Bool { get }
    var bySelectors: Spire_Api_Types_SelectorMatch { get }
    var hasByFederatesWith: Bool { get }
    var byFederatesWith: Spire_Api_Types_FederatesWithMatch { get }
    var hasByHint: Bool { get }
    var byHint: Google_Protobuf_StringValue { get }
    var hasByDownstream: Bool { get }
    var byDownstream: Google_Protobuf_BoolValue { get }
}

extension Spire_Api_Server_Entry_V1_ListEntriesRequest.Filter: EntryFilterMessage {}
extension Spire_Api_Server_Entry_V1_CountEntriesRequest.Filter: EntryFilterMessage {}

/// A checked filter of entries. All parts that are set must match.
struct EntryQuery: Sendable {
    private(set) var spiffeID: String?
    private var parentID: String?
    private var selectors: SetMatch<StoredEntry.Selector>?
    private var federatesWith: SetMatch<String>?
    private var hint: String?
    /// Only entries of downstream servers; with paging it is applied after the page has been cut.
    private(set) var isDownstreamOnly = false

    /// Matches everything.
    init() {}

    /// Checks a filter.
    ///
    /// - Throws: `CallFailure` with `INVALID_ARGUMENT`.
    init(_ filter: some EntryFilterMessage, ids: SPIFFEIDRules) throws(CallFailure) {
        if filter.hasBySpiffeID {
            do { spiffeID = try ids.workload(filter.bySpiffeID) } catch {
                throw error.wrapped("malformed SPIFFE ID filter")
            }
        }
        if filter.hasByParentID {
            do { parentID = try ids.member(filter.byParentID) } catch {
                throw error.wrapped("malformed parent ID filter")
            }
        }
        if filter.hasBySelectors {
            do {
                selectors = SetMatch(
                    try EntryRules.selectors(filter.bySelectors.selectors), SetRelation(filter.bySelectors.match))
            } catch {
                throw error.wrapped("malformed selectors filter")
            }
        }
        if filter.hasByFederatesWith {
            do {
                federatesWith = SetMatch(
                    try Self.trustDomains(filter.byFederatesWith.trustDomains),
                    SetRelation(filter.byFederatesWith.match))
            } catch {
                throw error.wrapped("malformed federates with filter")
            }
        }
        if filter.hasByHint, !filter.byHint.value.isEmpty { hint = filter.byHint.value }
        isDownstreamOnly = filter.hasByDownstream && filter.byDownstream.value
    }

    /// Whether an entry matches everything but `isDownstreamOnly`.
    func matches(_ entry: StoredEntry) -> Bool {
        if let spiffeID, entry.spiffeID != spiffeID { return false }
        if let parentID, entry.parentID != parentID { return false }
        if let hint, entry.hint != hint { return false }
        if let selectors, !selectors.matches(entry.selectors) { return false }
        if let federatesWith, !federatesWith.matches(entry.federatesWith) { return false }
        return true
    }

    private static func trustDomains(_ texts: [String]) throws(CallFailure) -> [String] {
        guard !texts.isEmpty else { throw .invalidArgument("trust domain list is empty") }
        var names: [String] = []
        for text in texts { names.append(try SPIFFEIDRules.trustDomainName(text)) }
        return names
    }
}

/// How a candidate's set must relate to the set in a filter.
enum SetRelation: Sendable {
    case exact, subset, superset, any

    init(_ match: Spire_Api_Types_SelectorMatch.MatchBehavior) {
        switch match {
        case .matchSubset: self = .subset
        case .matchSuperset: self = .superset
        case .matchAny: self = .any
        case .matchExact, .UNRECOGNIZED: self = .exact
        }
    }

    init(_ match: Spire_Api_Types_FederatesWithMatch.MatchBehavior) {
        switch match {
        case .matchSubset: self = .subset
        case .matchSuperset: self = .superset
        case .matchAny: self = .any
        case .matchExact, .UNRECOGNIZED: self = .exact
        }
    }
}

/// A set in a filter and how a candidate's set must relate to it; repeats are harmless.
struct SetMatch<Element: Hashable & Sendable>: Sendable {
    private let wanted: Set<Element>
    private let relation: SetRelation

    init(_ wanted: some Sequence<Element>, _ relation: SetRelation) {
        self.wanted = Set(wanted)
        self.relation = relation
    }

    func matches(_ elements: some Sequence<Element>) -> Bool {
        let found = Set(elements)
        return switch relation {
        case .exact: found == wanted
        case .subset: !found.isEmpty && found.isSubset(of: wanted)
        case .superset: found.isSuperset(of: wanted)
        case .any: !found.isDisjoint(with: wanted)
        }
    }
}
