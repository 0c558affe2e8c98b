import LanyardAPI

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
