import LanyardAPI
package import SPIREClient

extension EntryDatastore {
    /// What becomes of entries that federate with a trust domain whose bundle is deleted.
    package typealias DeletionMode = Spire_Api_Server_Bundle_V1_BatchDeleteFederatedBundleRequest.Mode

    /// Stores a new bundle.
    ///
    /// - Throws: `CallFailure`; `ALREADY_EXISTS` when there is one.
    package mutating func createBundle(_ bundle: WireBundle) throws(CallFailure) -> WireBundle {
        let bundle = try checked(bundle)
        guard bundles[bundle.trustDomain] == nil else {
            throw CallFailure(StatusCode.alreadyExists, "bundle already exists")
        }
        return try store(bundle)
    }

    /// Changes the fields of the mask of a bundle; all fields when there is no mask.
    ///
    /// - Throws: `CallFailure`; `NOT_FOUND` when there is none.
    package mutating func updateBundle(
        _ bundle: WireBundle, mask: Spire_Api_Types_BundleMask?
    ) throws(CallFailure) -> WireBundle {
        let bundle = try checked(bundle)
        guard var stored = bundles[bundle.trustDomain] else { throw .notFound("bundle not found") }
        stored.take(mask, from: bundle)
        return try store(stored)
    }

    /// Stores a bundle, whether or not there is one.
    ///
    /// - Throws: `CallFailure`.
    package mutating func setBundle(_ bundle: WireBundle) throws(CallFailure) -> WireBundle {
        try store(try checked(bundle))
    }

    /// The bundle of another trust domain.
    ///
    /// - Throws: `CallFailure`; `NOT_FOUND` when there is none.
    package func bundle(of trustDomain: String) throws(CallFailure) -> WireBundle {
        let name = try foreignName(trustDomain)
        do { try checkFault() } catch { throw error.wrapped("failed to fetch bundle") }
        guard let bundle = bundles[name] else { throw .notFound("bundle not found") }
        return bundle
    }

    /// Deletes a bundle, and does with the entries that federate with it as the mode says.
    ///
    /// - Throws: `CallFailure`; `FAILED_PRECONDITION` when entries keep it.
    package mutating func deleteBundle(of trustDomain: String, mode: DeletionMode) throws(CallFailure) {
        let name = try foreignName(trustDomain)
        do { try checkFault() } catch { throw error.wrapped("failed to delete federated bundle") }
        guard bundles[name] != nil else { throw .notFound("bundle not found") }
        let dependent = order.filter { rows[$0]?.federatesWith.contains(name) == true }
        switch mode {
        case .delete:
            for row in dependent { try delete(row: row) }
        case .dissociate:
            for row in dependent {
                guard var entry = rows[row] else { continue }
                entry.federatesWith.removeAll { $0 == name }
                try save(.stored(row: row, entry: entry))
                put(entry, at: row)
            }
        case .restrict, .UNRECOGNIZED:
            guard dependent.isEmpty else {
                throw CallFailure(
                    StatusCode.failedPrecondition,
                    "cannot delete bundle; federated with \(dependent.count) registration entries")
            }
        }
        try save(.documentRemoved(name: Self.documentName(bundleRow: bundles.nextRow(of: name))))
        bundles.remove(name)
    }

    private mutating func store(_ bundle: WireBundle) throws(CallFailure) -> WireBundle {
        do { try checkFault() } catch { throw error.wrapped("failed to store bundle") }
        let row = bundles.nextRow(of: bundle.trustDomain)
        try save(document: bundle, name: Self.documentName(bundleRow: row))
        bundles.put(bundle, at: row)
        return bundle
    }

    private func checked(_ bundle: WireBundle) throws(CallFailure) -> WireBundle {
        var bundle = bundle
        bundle.trustDomain = try foreignName(bundle.trustDomain)
        return bundle
    }

    /// The name of a trust domain that is not the server's own.
    ///
    /// - Throws: `CallFailure` with `INVALID_ARGUMENT`.
    func foreignName(_ trustDomain: String) throws(CallFailure) -> String {
        let name: String
        do { name = try SPIFFEIDRules.trustDomainName(trustDomain) } catch {
            throw error.wrapped("trust domain argument is not valid")
        }
        guard name != self.trustDomain.name else {
            throw .invalidArgument("not allowed for the server's own trust domain")
        }
        return name
    }
}
