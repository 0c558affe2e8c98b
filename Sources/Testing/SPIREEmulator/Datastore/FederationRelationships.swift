package import SPIREClient

/// A relationship with another trust domain of the API.
package typealias WireRelationship = Spire_Api_Types_FederationRelationship

/// The stored relationships with other trust domains. A value without I/O.
struct FederationRelationships: Sendable {
    /// By row, in the order in which they were stored.
    private(set) var rows: [Int64: WireRelationship] = [:]
    private var lastRow: Int64 = 0

    subscript(name: String) -> WireRelationship? { row(of: name).flatMap { rows[$0] } }

    func row(of name: String) -> Int64? {
        rows.first { $0.value.trustDomain == name }?.key
    }

    /// The row that a new one gets.
    var nextRow: Int64 { lastRow + 1 }

    mutating func put(_ relationship: WireRelationship, at row: Int64) {
        rows[row] = relationship
        lastRow = max(lastRow, row)
    }

    mutating func remove(row: Int64) { rows[row] = nil }

    /// One page, or all of them when no size is given.
    ///
    /// - Throws: `CallFailure` when the token is none.
    func page(size: Int32, token: String) throws(CallFailure) -> (found: [WireRelationship], nextToken: String) {
        let order = rows.keys.sorted()
        guard size > 0 else { return (order.compactMap { rows[$0] }, "") }
        var last: Int64 = 0
        if !token.isEmpty {
            guard let row = Int64(token), row >= 0 else {
                throw .internalError("failed to list federation relationships: could not parse token '\(token)'")
            }
            last = row
        }
        let found = order.drop { $0 <= last }.prefix(Int(size))
        return (found.compactMap { rows[$0] }, found.last.map(String.init) ?? "")
    }
}

extension Spire_Api_Types_FederationRelationship {
    /// Takes the fields of the mask over from another relationship; all fields when there is no mask.
    mutating func take(_ mask: Spire_Api_Types_FederationRelationshipMask?, from other: WireRelationship) {
        if mask?.bundleEndpointURL ?? true { bundleEndpointURL = other.bundleEndpointURL }
        if mask?.bundleEndpointProfile ?? true { bundleEndpointProfile = other.bundleEndpointProfile }
    }

    /// The relationship with only its trust domain and the fields of the mask; all fields when there is no mask.
    ///
    /// - Parameter bundle: The stored bundle of the trust domain.
    func masked(_ mask: Spire_Api_Types_FederationRelationshipMask?, bundle: WireBundle?) -> WireRelationship {
        var relationship = WireRelationship()
        relationship.trustDomain = trustDomain
        relationship.take(mask, from: self)
        if mask?.trustDomainBundle ?? true, let bundle { relationship.trustDomainBundle = bundle }
        return relationship
    }
}
