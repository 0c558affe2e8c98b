package import LanyardAPI
package import SPIREClient
import SwiftProtobuf

/// The registration entries of a SPIRE server with the semantics of the real one. A value without I/O:
/// whoever holds it decides how it is guarded and where `commit` writes.
package struct EntryDatastore: Sendable {
    /// One change of a row, to be made durable before it becomes visible.
    package enum Change: Sendable {
        /// The row now holds this entry.
        case stored(row: Int64, entry: StoredEntry)
        /// The row is gone.
        case removed(row: Int64)
        /// Something else is now this.
        case documentStored(name: String, content: [UInt8])
        /// Something else is gone.
        case documentRemoved(name: String)
    }

    /// The server's own trust domain.
    package let trustDomain: TrustDomain
    /// The stored bundles of other trust domains.
    package var bundles = FederatedBundles()
    /// The stored relationships with other trust domains.
    var relationships = FederationRelationships()
    /// When set, every access to the store fails with this text. For tests.
    package var fault: String?
    /// Called before a change is made; what it throws fails the item.
    package var commit: @Sendable (Change) throws -> Void = { _ in }
    /// Makes the ID of an entry that was created without one.
    package var makeID: @Sendable () -> String

    var rows: [Int64: StoredEntry] = [:]
    /// The keys of `rows`, ascending: the order of creation.
    var order: [Int64] = []
    var rowsByID: [String: Int64] = [:]
    var rowsBySPIFFEID: [String: Set<Int64>] = [:]
    private var lastRow: Int64 = 0

    /// A store that holds these rows, which need not be well-formed.
    package init(
        trustDomain: TrustDomain, rows: [Int64: StoredEntry] = [:], makeID: @escaping @Sendable () -> String
    ) {
        self.trustDomain = trustDomain
        self.makeID = makeID
        for row in rows.keys.sorted() {
            if let entry = rows[row] { put(entry, at: row) }
        }
    }

    /// All entries in the order of their creation.
    package var entries: [StoredEntry] { order.compactMap { rows[$0] } }

    /// The entries that give this SPIFFE ID.
    func entries(withSPIFFEID id: String) -> [StoredEntry] {
        (rowsBySPIFFEID[id] ?? []).sorted().compactMap { rows[$0] }
    }

    /// Names of the other trust domains whose bundles are stored. What is named newly has a bundle without authorities.
    package var federatedBundles: Set<String> {
        get { bundles.names }
        set {
            for name in bundles.names.subtracting(newValue) { bundles.remove(name) }
            for name in newValue.subtracting(bundles.names).sorted() { bundles.put(WireBundle(trustDomain: name)) }
        }
    }

    /// Stores an entry as it is, as if it had been there before: nothing is checked and no call is made.
    package mutating func insert(_ entry: StoredEntry) {
        put(entry, at: lastRow + 1)
    }

    /// One entry by ID.
    ///
    /// - Throws: `CallFailure` with the status of the call.
    package func get(_ request: Spire_Api_Server_Entry_V1_GetEntryRequest) throws(CallFailure) -> WireEntry {
        guard !request.id.isEmpty else { throw .invalidArgument("missing ID") }
        do { try checkFault() } catch { throw error.wrapped("failed to fetch entry") }
        guard let row = rowsByID[request.id], let entry = rows[row] else { throw .notFound("entry not found") }
        guard let wire = entry.wire else { throw .internalError("failed to convert entry: malformed SPIFFE ID") }
        return wire.masked(request.hasOutputMask ? request.outputMask : nil)
    }

    /// Deletes entries one by one; each result echoes its ID.
    package mutating func delete(ids: [String]) -> [DeleteResult] {
        ids.map { id in
            var result = DeleteResult()
            result.id = id
            do throws(CallFailure) {
                try delete(id: id)
                result.status = .ok
            } catch {
                result.status = error.status
            }
            return result
        }
    }

    private mutating func delete(id: String) throws(CallFailure) {
        guard !id.isEmpty else { throw .invalidArgument("missing entry ID") }
        do { try checkFault() } catch { throw error.wrapped("failed to delete entry") }
        guard let row = rowsByID[id] else { throw .notFound("entry not found") }
        do { try delete(row: row) } catch { throw error.wrapped("failed to delete entry") }
    }

    // MARK: Documents

    /// Makes a message durable under a name.
    func save(document: some SwiftProtobuf.Message, name: String) throws(CallFailure) {
        let content: [UInt8]
        do { content = try document.serializedBytes() } catch { throw .internalError("the document does not encode") }
        try save(.documentStored(name: name, content: content))
    }

    static let bundlePrefix = "bundle-"

    static func documentName(bundleRow row: Int64) -> String { "\(bundlePrefix)\(row)" }

    // MARK: Rows

    mutating func delete(row: Int64) throws(CallFailure) {
        try save(.removed(row: row))
        remove(row: row)
    }

    /// The rules for the IDs of this trust domain.
    var ids: SPIFFEIDRules { SPIFFEIDRules(trustDomain: trustDomain.name) }

    /// The row that the next new entry gets.
    var nextRow: Int64 { lastRow + 1 }

    func checkFault() throws(CallFailure) {
        if let fault { throw .internalError(fault) }
    }

    /// Makes a change durable.
    func save(_ change: Change) throws(CallFailure) {
        do { try commit(change) } catch { throw .internalError("the change could not be written") }
    }

    mutating func put(_ entry: StoredEntry, at row: Int64) {
        if let old = rows[row] {
            forget(old, row: row)
        } else {
            order.append(row)
            lastRow = max(lastRow, row)
        }
        rows[row] = entry
        rowsByID[entry.id] = row
        rowsBySPIFFEID[entry.spiffeID, default: []].insert(row)
    }

    private mutating func remove(row: Int64) {
        guard let old = rows.removeValue(forKey: row) else { return }
        forget(old, row: row)
        order.removeAll { $0 == row }
    }

    private mutating func forget(_ entry: StoredEntry, row: Int64) {
        rowsByID[entry.id] = nil
        rowsBySPIFFEID[entry.spiffeID]?.remove(row)
        if rowsBySPIFFEID[entry.spiffeID]?.isEmpty == true { rowsBySPIFFEID[entry.spiffeID] = nil }
    }
}
