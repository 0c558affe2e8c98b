import KubernetesModel
package import LanyardAPI

extension IdentityBoundaryCheck {
    /// Whether an entry that exists for an identity has more than its namespace is allowed, whatever the spec says by now. It is
    /// for the ServiceAccount that its selectors name: the spec may name another one.
    package static func isOutside(
        standing entry: RegistrationEntry, of identity: WorkloadIdentity, boundary: EffectiveBoundary,
        settings: PlanningSettings
    ) -> Bool {
        let account = entry.selectors.first { $0.type == "k8s" && $0.value.hasPrefix("sa:") }?.value.dropFirst(3)
        let values = BoundaryTemplate.Values(
            namespace: identity.metadata.namespace ?? "", name: identity.metadata.name,
            serviceAccounts: [account.map(String.init) ?? identity.metadata.name], cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
        var check = BoundaryCheck(boundary: boundary, values: values, mounts: settings.mounts)
        check.demand(
            PathPattern(entry.spiffeID.path), entry.spiffeID.path, "spiffeID", in: boundary.all(\.spiffeIDs))
        for name in entry.dnsNames { check.demandDNSName(name, "x509SVID.dnsNames") }
        for name in entry.federatesWith { check.demand(name, "federatesWith", oneOf: boundary.all(\.federatesWith)) }
        if entry.isAdmin { check.demand(.allowAdmin, "admin", "true") }
        if entry.isDownstream { check.demand(.allowDownstream, "downstream", "true") }
        if entry.storesSVID { check.demand(.allowStoreSVID, "storeSVID", "true") }
        // Where it has none of its own, the server's holds, as for a spec that says nothing.
        let isLonger = entry.x509SVIDTTL > boundary.maxX509TTL || entry.jwtSVIDTTL > boundary.maxJWTTTL
        let isElsewhere = !boundary.placements.contains(placement(of: entry, settings: settings))
        return isLonger || isElsewhere || !check.violations.isEmpty
    }

    /// Where an entry is served, by what it is itself (rule bound-29): on all nodes if it hangs under the node alias, or its ID
    /// says neither node nor pod.
    private static func placement(
        of entry: RegistrationEntry, settings: PlanningSettings
    ) -> WorkloadIdentitySpec.Placement {
        guard entry.parentID != settings.nodeAlias, EntryName.isPlaced(entry.id) else { return .cluster }
        let isOfPod = entry.selectors.contains {
            $0.type == "k8s" && $0.value.hasPrefix("pod-uid:")
                && EntryName.isPlaced(entry.id, at: String($0.value.dropFirst("pod-uid:".count)))
        }
        return isOfPod ? .pod : .node
    }
}
