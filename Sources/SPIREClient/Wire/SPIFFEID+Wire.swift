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
