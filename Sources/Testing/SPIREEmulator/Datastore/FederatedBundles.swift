import LanyardAPI
import SPIREClient

/// The stored bundles of other trust domains. A value without I/O.
package struct FederatedBundles: Sendable {
    /// By row, in the order in which they were stored. Row 1 is the server's own bundle, which is kept elsewhere.
    private(set) var rows: [Int64: WireBundle] = [:]
    private var lastRow: Int64 = 1

    /// No bundles.
    package init() {}

    /// Names of the trust domains.
    package var names: Set<String> { Set(rows.values.map(\.trustDomain)) }

    /// All bundles in the order in which they were stored.
    package var all: [WireBundle] { rows.keys.sorted().compactMap { rows[$0] } }

    /// The bundle of a trust domain.
    package subscript(name: String) -> WireBundle? {
        row(of: name).flatMap { rows[$0] }
    }

    /// Stores a bundle in place of what was there.
    ///
    /// - Returns: its row.
    @discardableResult
    package mutating func put(_ bundle: WireBundle) -> Int64 {
        let row = nextRow(of: bundle.trustDomain)
        put(bundle, at: row)
        return row
    }

    /// The row that a bundle has or would get.
    func nextRow(of name: String) -> Int64 { row(of: name) ?? lastRow + 1 }

    /// Stores a bundle at a row.
    mutating func put(_ bundle: WireBundle, at row: Int64) {
        rows[row] = bundle
        lastRow = max(lastRow, row)
    }

    /// Removes a bundle.
    ///
    /// - Returns: the row that it had; nil when there was none.
    @discardableResult
    package mutating func remove(_ name: String) -> Int64? {
        guard let row = row(of: name) else { return nil }
        rows[row] = nil
        return row
    }

    /// One page, or all of them when no size is given. The server's own bundle takes a place in its page, and is then left
    /// out.
    ///
    /// - Throws: `CallFailure` when the token is none.
    func page(size: Int32, token: String) throws(CallFailure) -> (bundles: [WireBundle], nextToken: String) {
        guard size > 0 else { return (all, "") }
        var last: Int64 = 0
        if !token.isEmpty {
            guard let row = Int64(token), row >= 0 else {
                throw .internalError("failed to list bundles: could not parse token '\(token)'")
            }
            last = row
        }
        let found = ([1] + rows.keys.sorted()).drop { $0 <= last }.prefix(Int(size))
        return (found.compactMap { rows[$0] }, found.last.map(String.init) ?? "")
    }

    private func row(of name: String) -> Int64? {
        rows.first { $0.value.trustDomain == name }?.key
    }
}

extension Spire_Api_Types_Bundle {
    /// A bundle without authorities.
    init(trustDomain: String) {
        self.init()
        self.trustDomain = trustDomain
    }

    /// The bundle with only its trust domain and the fields of the mask; all fields when there is no mask.
    func masked(_ mask: Spire_Api_Types_BundleMask?) -> WireBundle {
        guard let mask else { return self }
        var bundle = WireBundle(trustDomain: trustDomain)
        bundle.take(mask, from: self)
        return bundle
    }

    /// Takes the fields of the mask over from another bundle; all fields when there is no mask.
    mutating func take(_ mask: Spire_Api_Types_BundleMask?, from other: WireBundle) {
        if mask?.x509Authorities ?? true { x509Authorities = other.x509Authorities }
        if mask?.jwtAuthorities ?? true { jwtAuthorities = other.jwtAuthorities }
        if mask?.refreshHint ?? true { refreshHint = other.refreshHint }
        if mask?.sequenceNumber ?? true { sequenceNumber = other.sequenceNumber }
        if mask?.witAuthorities ?? true { witAuthorities = other.witAuthorities }
    }
}
