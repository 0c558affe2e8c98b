import KubernetesModel
package import LanyardAPI

/// Plans the registration entry of a WorkloadIdentity, and says what is wrong with its spec (DESIGN §2.1, §3.5).
package enum IdentityPlanner {
    private static let templateLimit = 2_048
    private static let dnsNameLimit = 100
    private static let hintLimit = 1_024

    /// The entry that should exist for an identity. Whether its namespace may ask for it is not looked at here:
    /// `Admission` does.
    ///
    /// - Returns: all violations, in the order of the spec's fields, if there is one; then nothing is to be written.
    package static func desired(
        for identity: WorkloadIdentity, settings: PlanningSettings
    ) -> Result<DesiredIdentity, SpecViolations> {
        let spec = identity.spec
        var check = SpecCheck()
        let names = names(of: identity, settings: settings, check: &check)
        let spiffeID = spiffeID(of: spec, names: names, settings: settings, check: &check)
        let selectors = SelectorPlanner.selectors(
            for: spec, namespace: names.values.namespace, serviceAccount: names.values.serviceAccount, check: &check)
        checkPlacement(of: spec, check: &check)
        let x509TTL = ttl(spec.x509SVID?.ttl, "spec.x509SVID.ttl", check: &check)
        let dnsNames = dnsNames(of: spec, names: names, check: &check)
        let jwtTTL = ttl(spec.jwtSVID?.ttl, "spec.jwtSVID.ttl", check: &check)
        if spec.federatesWith?.isEmpty == false { check.invalid("spec.federatesWith", "not supported yet") }
        checkHint(of: spec, check: &check)

        let desired = spiffeID.map { spiffeID in
            var entry = RegistrationEntry(
                id: EntryName.forIdentity(identity.key, cluster: settings.clusterName), spiffeID: spiffeID,
                parentID: settings.nodeAlias, selectors: selectors)
            entry.x509SVIDTTL = x509TTL
            entry.jwtSVIDTTL = jwtTTL
            entry.dnsNames = dnsNames
            entry.hint = spec.hint ?? ""
            entry.disablesX509SVIDPrefetch = spec.x509SVID?.prefetch == false
            entry.isAdmin = spec.admin == true
            entry.isDownstream = spec.downstream == true
            entry.storesSVID = spec.storeSVID == true
            return DesiredIdentity(
                entry: entry, serviceAccountName: names.values.serviceAccount,
                driftPolicy: spec.driftPolicy ?? .correct, deletionPolicy: spec.deletionPolicy ?? .delete)
        }
        return check.result(desired)
    }

    /// What placeholders stand for, and whether all of it is well-formed.
    private struct Names {
        var values: PlaceholderTemplate.Values
        var areValid: Bool
    }

    private static func names(
        of identity: WorkloadIdentity, settings: PlanningSettings, check: inout SpecCheck
    ) -> Names {
        let metadata = identity.metadata
        let values = PlaceholderTemplate.Values(
            namespace: metadata.namespace ?? "", name: metadata.name,
            serviceAccount: identity.spec.serviceAccountName ?? metadata.name, cluster: settings.clusterName,
            trustDomain: settings.trustDomain)
        if !KubernetesName.isDNSLabel(values.namespace) { check.invalid("metadata.namespace", "must be a DNS label") }
        if !KubernetesName.isObjectName(values.name) { check.invalid("metadata.name", "must be a DNS subdomain") }
        if let name = identity.spec.serviceAccountName, !KubernetesName.isObjectName(name) {
            check.invalid("spec.serviceAccountName", SpecCheck.serviceAccountRule)
        }
        return Names(values: values, areValid: check.violations.isEmpty)
    }

    private static func spiffeID(
        of spec: WorkloadIdentitySpec, names: Names, settings: PlanningSettings, check: inout SpecCheck
    ) -> SPIFFEID? {
        let text = spec.spiffeID ?? settings.spiffeIDTemplate
        guard text.utf8.count <= templateLimit else {
            check.invalid("spec.spiffeID", "must not be longer than \(templateLimit) bytes")
            return nil
        }
        do throws(TemplateError) {
            let template = try PlaceholderTemplate(text)
            // With a wrong name the ID would be wrong for a reason that is reported already.
            guard names.areValid else { return nil }
            let id = try template.spiffeID(with: names.values)
            // SPIRE would let the workload's own entries hang under it as if it were a node.
            guard id != settings.nodeAlias else { throw TemplateError("must not be the SPIFFE ID of the node alias") }
            return id
        } catch {
            check.invalid("spec.spiffeID", error.description)
            return nil
        }
    }

    private static func checkPlacement(of spec: WorkloadIdentitySpec, check: inout SpecCheck) {
        switch spec.placement {
        case nil, .cluster: break
        case .node, .pod: check.invalid("spec.placement", "Node and Pod are not supported yet")
        }
    }

    /// Seconds, 0 when nothing is said: the server's default.
    private static func ttl(_ text: String?, _ field: String, check: inout SpecCheck) -> Int32 {
        Int32(clamping: check.seconds(text, field) ?? 0)
    }

    private static func dnsNames(
        of spec: WorkloadIdentitySpec, names: Names, check: inout SpecCheck
    ) -> [String] {
        let listed = check.bounded(spec.x509SVID?.dnsNames, "spec.x509SVID.dnsNames", limit: dnsNameLimit)
        var result: [String] = []
        for (index, text) in (listed ?? []).enumerated() {
            let field = "spec.x509SVID.dnsNames[\(index)]"
            guard text.utf8.count <= templateLimit else {
                check.invalid(field, "must not be longer than \(templateLimit) bytes")
                continue
            }
            do {
                let template = try PlaceholderTemplate(text)
                guard names.areValid else { continue }
                let name = template.rendered(with: names.values)
                if let violation = DNSNameSyntax.violation(of: name) {
                    check.invalid(field, violation)
                } else if result.contains(name) {
                    check.invalid(field, "is the same as an earlier one: \(name)")
                } else {
                    result.append(name)
                }
            } catch {
                check.invalid(field, error.description)
            }
        }
        return result
    }

    private static func checkHint(of spec: WorkloadIdentitySpec, check: inout SpecCheck) {
        guard let hint = spec.hint else { return }
        if hint.utf8.count > hintLimit {
            check.invalid("spec.hint", "must not be longer than \(hintLimit) bytes")
        } else if ControlCharacters.occur(in: hint) {
            check.invalid("spec.hint", "must not have control characters")
        }
    }
}
