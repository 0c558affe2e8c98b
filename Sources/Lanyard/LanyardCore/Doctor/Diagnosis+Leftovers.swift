extension Diagnosis {
    /// Objects with derived names that neither a record nor a binding has: what was left by bindings that went while the
    /// ledger was lost, or on purpose. They are told and no more: a name proves nothing.
    var leftovers: [DoctorFinding] {
        let listings = facts.vault.listings
        let listed = listings.compactMapValues(\.value)
        var findings: [DoctorFinding] = []
        let unlisted = listings.keys.filter { listed[$0] == nil }.sorted()
        if let first = unlisted.first {
            findings.append(
                .init(
                    .vault, "leftovers", .note,
                    "are not looked for at \(unlisted.joined(separator: ", ")), which the token cannot list: "
                        + (listings[first]?.reason ?? "")))
        }
        guard !listed.isEmpty else { return findings }
        guard case .seen(let owners) = facts.cluster.nameOwners else {
            let reason = facts.cluster.nameOwners.reason
            return findings + [.init(.vault, "leftovers", .unknown, "whose names they are cannot be read: \(reason)")]
        }
        let left = listed.flatMap { listing, names in
            names.filter { owners.isLeftover($0, below: listing, settings: settings) }.map { "\(listing)/\($0)" }
        }.sorted()
        if left.isEmpty { return findings + [.init(.vault, "leftovers", .ok, "none with a derived name")] }
        return findings
            + left.map {
                .init(
                    .vault, "leftover", .note,
                    "\($0) has a derived name that no record and no binding has: it is to be deleted, unless it was "
                        + "left behind on purpose (deletionPolicy: Orphan)",
                    remedy: "make sure that nobody needs it, and delete it, auth roles first: vault delete PATH")
            }
    }

    /// Where the objects are listed that the operator keeps.
    ///
    /// - Parameter mounted: what is mounted; nil when that could not be seen.
    package static func listingPaths(of policy: OperatorPolicy, mounted: [String: String]?) -> [String] {
        let mounts = policy.mounts.map(\.path).filter { mounted?[$0] != nil || mounted == nil }
        return ["sys/policies/acl"]
            + mounts.flatMap { $0.hasPrefix("auth/") ? ["\($0)/role"] : ["\($0)/roles", "\($0)/static-roles"] }
    }

    /// The right to list is no excess: it shows names, and only the doctor uses it. Servers take it with a slash and without.
    static func listingRules(of policy: OperatorPolicy) -> [PolicyRule] {
        listingPaths(of: policy, mounted: nil).flatMap { ["\($0)", "\($0)/"] }
            .map { PolicyRule(path: $0, capabilities: [.list]) }
    }
}
