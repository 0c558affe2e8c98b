import FoundationEssentials
import LanyardAPI
import SPIREClient

extension EntryDatastore {
    /// Stores a new relationship, and its bundle if it has one.
    ///
    /// - Throws: `CallFailure`; `INTERNAL` when there is one: a plain error of the real server.
    mutating func createRelationship(_ wire: WireRelationship) throws(CallFailure) -> WireRelationship {
        let relationship = try checked(wire)
        try checkFault()
        guard relationships[relationship.trustDomain] == nil else {
            throw .internalError("failed to create federation relationship: UNIQUE constraint failed")
        }
        return try store(relationship, at: relationships.nextRow, bundle: wire.bundleIfAny)
    }

    /// Changes the fields of the mask of a relationship; all fields when there is no mask. All of them must be valid, whatever
    /// the mask says.
    ///
    /// - Throws: `CallFailure`; `INTERNAL` when there is none: a plain error of the real server.
    mutating func updateRelationship(
        _ wire: WireRelationship, mask: Spire_Api_Types_FederationRelationshipMask?
    ) throws(CallFailure) -> WireRelationship {
        let change = try checked(wire)
        try checkFault()
        guard let row = relationships.row(of: change.trustDomain), var stored = relationships.rows[row] else {
            throw .internalError("failed to update federation relationship: record not found")
        }
        stored.take(mask, from: change)
        return try store(stored, at: row, bundle: mask?.trustDomainBundle ?? true ? wire.bundleIfAny : nil)
    }

    /// The relationship with a trust domain.
    ///
    /// - Throws: `CallFailure`; `NOT_FOUND` when there is none.
    func relationship(with trustDomain: String) throws(CallFailure) -> WireRelationship {
        let name = try foreignName(trustDomain)
        try checkFault()
        guard let found = relationships[name] else { throw .notFound("federation relationship does not exist") }
        return found
    }

    /// Deletes a relationship; the bundle stays.
    ///
    /// - Throws: `CallFailure`; `NOT_FOUND` when there is none.
    mutating func deleteRelationship(with trustDomain: String) throws(CallFailure) {
        let name = try foreignName(trustDomain)
        try checkFault()
        guard let row = relationships.row(of: name) else {
            throw .notFound("federation relationship not found")
        }
        try save(.documentRemoved(name: "\(Self.relationshipPrefix)\(row)"))
        relationships.remove(row: row)
    }

    private mutating func store(
        _ relationship: WireRelationship, at row: Int64, bundle: WireBundle?
    ) throws(CallFailure) -> WireRelationship {
        if var bundle {
            bundle.trustDomain = relationship.trustDomain
            _ = try setBundle(bundle)
        }
        try save(document: relationship, name: "\(Self.relationshipPrefix)\(row)")
        relationships.put(relationship, at: row)
        return relationship
    }

    private func checked(_ wire: WireRelationship) throws(CallFailure) -> WireRelationship {
        var relationship = wire
        relationship.trustDomain = try foreignName(wire.trustDomain)
        relationship.clearTrustDomainBundle()
        guard let url = URL(string: wire.bundleEndpointURL), url.scheme == "https" else {
            throw .invalidArgument("bundle endpoint URL must use the https scheme")
        }
        guard let host = url.host(), !host.isEmpty else {
            throw .invalidArgument("bundle endpoint URL must specify the host")
        }
        guard url.user() == nil, url.password() == nil else {
            throw .invalidArgument("bundle endpoint URL must not contain user info")
        }
        switch wire.bundleEndpointProfile {
        case .httpsWeb?: break
        case .httpsSpiffe(let profile)?:
            guard SPIFFEIDRules.parse(profile.endpointSpiffeID) != nil else {
                throw .invalidArgument("could not parse endpoint SPIFFE ID")
            }
        case nil: throw .invalidArgument("bundle endpoint profile is required")
        }
        if let bundle = wire.bundleIfAny {
            guard try foreignName(bundle.trustDomain) == relationship.trustDomain else {
                throw .invalidArgument("trust domain bundle must match the trust domain of the relationship")
            }
        }
        return relationship
    }

    static let relationshipPrefix = "relationship-"
}

extension Spire_Api_Types_FederationRelationship {
    fileprivate var bundleIfAny: WireBundle? { hasTrustDomainBundle ? trustDomainBundle : nil }
}
