import KubernetesModel
package import LanyardAPI

/// What a WorkloadIdentity asks for beyond what its namespace is allowed (rule bound-8).
package enum IdentityBoundaryCheck {
    /// All violations, in the order of the spec's fields; whether the spec is valid is not looked at here.
    package static func violations(
        of identity: WorkloadIdentity, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> [BoundaryViolation] {
        let spec = identity.spec
        let values = BoundaryTemplate.Values(
            namespace: identity.metadata.namespace ?? "", name: identity.metadata.name,
            serviceAccounts: [spec.serviceAccountName ?? identity.metadata.name], cluster: settings.clusterName,
            trustDomain: settings.trustDomain.name)
        var check = BoundaryCheck(boundary: boundary, values: values, mounts: settings.mounts)
        let path = path(of: rendered(spec.spiffeID ?? settings.spiffeIDTemplate, values), settings: settings)
        check.demand(
            PathPattern(path), Excerpt.quoting(spec.spiffeID ?? path, limit: 128), "spec.spiffeID",
            in: boundary.all(\.spiffeIDs))
        let placement = spec.placement ?? .cluster
        if !boundary.placements.contains(placement) {
            check.refuse(
                "spec.placement", placement.rawValue,
                allowed: boundary.placements.map {
                    .init(value: $0.rawValue, boundary: boundary.sources.joined(separator: ", "))
                })
        }
        check.demand(spec.x509SVID?.ttl, "spec.x509SVID.ttl", atMost: boundary.maxX509TTL)
        for (index, name) in (spec.x509SVID?.dnsNames ?? []).enumerated() {
            // A hole is a label of its own: what fills it comes from the cluster, below the same names.
            let name = rendered(name, values).utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .map { $0.contains(hole) ? "*" : String(Substring($0)) }.joined(separator: ".")
            check.demandDNSName(name, "spec.x509SVID.dnsNames[\(index)]")
        }
        check.demand(spec.jwtSVID?.ttl, "spec.jwtSVID.ttl", atMost: boundary.maxJWTTTL)
        for (index, name) in (spec.federatesWith ?? []).enumerated() {
            check.demand(name, "spec.federatesWith[\(index)]", oneOf: boundary.all(\.federatesWith))
        }
        if spec.admin == true { check.demand(.allowAdmin, "spec.admin", "true") }
        if spec.downstream == true { check.demand(.allowDownstream, "spec.downstream", "true") }
        if spec.storeSVID == true { check.demand(.allowStoreSVID, "spec.storeSVID", "true") }
        if spec.driftPolicy == .report { check.demand(.allowReportOnly, "spec.driftPolicy", "Report") }
        if spec.deletionPolicy == .orphan { check.demand(.allowOrphan, "spec.deletionPolicy", "Orphan") }
        return check.violations
    }

    /// What a placeholder leaves that only a node or a pod fills: a text without slash that nobody knows yet. No name
    /// has this character.
    private static let hole: UInt8 = 0x01

    /// A template with all placeholders filled, and holes for those of nodes and pods. What is no placeholder stays,
    /// and is the planner's to refuse.
    private static func rendered(_ template: String, _ values: BoundaryTemplate.Values) -> String {
        let gap = String(UnicodeScalar(Self.hole))
        var result = ""
        var rest = Substring(template)
        // By bytes: authors write as much as they like.
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")),
            let close = rest.utf8[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            result += rest[..<open]
            let name = rest[rest.utf8.index(after: open)..<close]
            switch name {
            case "namespace": result += values.namespace
            case "name": result += values.name
            case "serviceAccount": result += values.serviceAccounts?.first ?? ""
            case "cluster": result += values.cluster
            case "trustDomain": result += values.trustDomain
            case "node", "pod": result += gap
            case _ where name.hasPrefix("podLabel:"): result += gap
            default: result += rest[open...close]
            }
            rest = rest[rest.utf8.index(after: close)...]
        }
        return result + rest
    }

    /// The path of an ID as a pattern: a hole is any one segment, or behind a literal beginning at the end any rest.
    private static func path(of id: String, settings: PlanningSettings) -> String {
        let prefix = "spiffe://\(settings.trustDomain.name)/"
        let path = id.hasPrefix(prefix) ? "/" + id.dropFirst(prefix.count) : id
        // No ID has these; they must not become wildcards of a pattern.
        if path.utf8.contains(UInt8(ascii: "*")) || path.utf8.contains(UInt8(ascii: "+")) { return "" }
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.enumerated().map { index, segment in
            guard let gap = segment.firstIndex(of: hole) else { return String(Substring(segment)) }
            let stem = String(Substring(segment[..<gap]))
            return index == segments.count - 1 && !stem.isEmpty ? stem + "*" : "+"
        }.joined(separator: "/")
    }
}
