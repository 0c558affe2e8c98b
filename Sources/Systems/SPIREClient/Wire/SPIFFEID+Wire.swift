package import LanyardAPI

extension SPIFFEID {
    /// Reads an ID of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when it is no SPIFFE ID.
    package init(wire: Spire_Api_Types_SPIFFEID) throws(SPIREError) {
        guard let trustDomain = TrustDomain(wire.trustDomain) else {
            throw SPIREError(.malformedAnswer, "a SPIFFE ID has no valid trust domain")
        }
        do {
            try self.init(trustDomain: trustDomain, path: wire.path)
        } catch {
            throw SPIREError(.malformedAnswer, "a SPIFFE ID \(error)")
        }
    }

    /// The ID as the wire has it.
    package var wire: Spire_Api_Types_SPIFFEID {
        var wire = Spire_Api_Types_SPIFFEID()
        wire.trustDomain = trustDomain.name
        wire.path = path
        return wire
    }
}

extension WorkloadSelector {
    /// Reads a selector of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when it is none.
    package init(wire: Spire_Api_Types_Selector) throws(SPIREError) {
        guard let selector = WorkloadSelector(type: wire.type, value: wire.value) else {
            throw SPIREError(.malformedAnswer, "a selector has no valid type or no value")
        }
        self = selector
    }

    /// The selector as the wire has it.
    package var wire: Spire_Api_Types_Selector {
        var wire = Spire_Api_Types_Selector()
        wire.type = type
        wire.value = value
        return wire
    }
}

extension Sequence<WorkloadSelector> {
    /// A match of this set, each selector once, sorted.
    package func wireMatch(
        _ behavior: Spire_Api_Types_SelectorMatch.MatchBehavior
    ) -> Spire_Api_Types_SelectorMatch {
        var match = Spire_Api_Types_SelectorMatch()
        match.selectors = Set(self).sorted().map(\.wire)
        match.match = behavior
        return match
    }
}

extension Agent {
    /// Reads an agent of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when its ID or a selector does not parse.
    package init(wire: Spire_Api_Types_Agent) throws(SPIREError) {
        guard wire.hasID else { throw SPIREError(.malformedAnswer, "an agent lacks its ID") }
        var selectors: [WorkloadSelector] = []
        for selector in wire.selectors {
            try selectors.append(WorkloadSelector(wire: selector))
        }
        try self.init(
            id: SPIFFEID(wire: wire.id), attestationType: wire.attestationType, selectors: selectors.sorted(),
            expiresAt: wire.x509SvidExpiresAt, isBanned: wire.banned)
    }
}

extension TrustBundle {
    /// Reads a bundle of the wire.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when its trust domain is none.
    package init(wire: Spire_Api_Types_Bundle) throws(SPIREError) {
        guard let trustDomain = TrustDomain(wire.trustDomain) else {
            throw SPIREError(.malformedAnswer, "a bundle has no valid trust domain")
        }
        self.init(
            trustDomain: trustDomain,
            x509Authorities: wire.x509Authorities.map {
                X509Authority(certificate: Array($0.asn1), isTainted: $0.tainted)
            },
            jwtKeys: wire.jwtAuthorities.map {
                JWTKey(
                    keyID: $0.keyID, publicKey: Array($0.publicKey), expiresAt: $0.expiresAt, isTainted: $0.tainted)
            },
            sequenceNumber: wire.sequenceNumber, refreshHint: wire.refreshHint)
    }
}
