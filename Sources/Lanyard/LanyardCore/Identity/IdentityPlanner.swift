import KubernetesModel
package import LanyardAPI

/// Plans the registration entries of a WorkloadIdentity, and says what is wrong with its spec (rule spec-4).
package enum IdentityPlanner {
    private static let templateLimit = 2_048
    private static let dnsNameLimit = 100
    private static let federationLimit = 64
    private static let hintLimit = 1_024

    /// What is asked for, from which the entries are made. Whether its namespace may ask for it is not looked at here:
    /// `Admission` does.
    ///
    /// - Parameter boundary: what its entries are held against when nodes and pods are known.
    ///
    /// - Returns: all violations, in the order of the spec's fields, if there is one; then nothing is to be written.
    package static func desired(
        for identity: WorkloadIdentity, boundary: EffectiveBoundary, settings: PlanningSettings
    ) -> Result<DesiredIdentity, SpecViolations> {
        let spec = identity.spec
        var check = SpecCheck()
        check.omissions(of: identity)
        // Of a part of a spec nothing can be said.
        if identity.metadata.isSpecLeftOut { return check.result(nil) }
        let names = names(of: identity, settings: settings, check: &check)
        let spiffeID = spiffeID(of: spec, names: names, settings: settings, check: &check)
        let selectors = SelectorPlanner.selectors(
            for: spec, namespace: names.values.namespace, serviceAccount: names.values.serviceAccount, check: &check)
        let x509TTL = ttl(spec.x509SVID?.ttl, "spec.x509SVID.ttl", check: &check)
        let dnsNames = dnsNames(of: spec, names: names, check: &check)
        let jwtTTL = ttl(spec.jwtSVID?.ttl, "spec.jwtSVID.ttl", check: &check)
        let federatesWith = federatesWith(of: spec, settings: settings, check: &check)
        checkStoring(of: spec, selectors: selectors, check: &check)
        checkHint(of: spec, check: &check)

        let desired = spiffeID.map { spiffeID in
            var entry = RegistrationEntry(
                id: EntryName.forIdentity(identity.key, cluster: settings.clusterName), spiffeID: spiffeID.sample,
                parentID: settings.nodeAlias, selectors: selectors)
            entry.x509SVIDTTL = x509TTL
            entry.jwtSVIDTTL = jwtTTL
            entry.dnsNames = dnsNames.map(\.sample)
            entry.federatesWith = federatesWith
            entry.isAdmin = spec.admin == true
            entry.isDownstream = spec.downstream == true
            entry.storesSVID = spec.storeSVID == true
            entry.hint = spec.hint ?? ""
            entry.disablesX509SVIDPrefetch = spec.x509SVID?.prefetch == false
            return DesiredIdentity(
                blueprint: EntryBlueprint(
                    key: identity.key, placement: spec.placement ?? .cluster,
                    scope: IdentityScope(
                        boundary: boundary, placement: spec.placement ?? .cluster, values: names.values,
                        mounts: settings.mounts),
                    values: names.values,
                    spiffeIDTemplate: spiffeID.template, dnsNameTemplates: dnsNames.map(\.template),
                    podLabels: spec.podSelector?.matchLabels ?? [:], base: entry,
                    agentIDTemplate: settings.agentIDTemplate, reservedIDs: settings.reservedSPIFFEIDs),
                serviceAccountName: names.values.serviceAccount,
                driftPolicy: spec.driftPolicy ?? .correct, deletionPolicy: spec.deletionPolicy ?? .delete)
        }
        return check.result(desired)
    }

    /// A template, and what it becomes with samples in place of what is known only of each node or pod.
    private struct Tried<Value> {
        var template: PlaceholderTemplate
        var sample: Value
    }

    /// What placeholders stand for, and whether all of it is well-formed.
    private struct Names {
        var values: TemplateValues
        var areValid: Bool
    }

    private static func names(
        of identity: WorkloadIdentity, settings: PlanningSettings, check: inout SpecCheck
    ) -> Names {
        let metadata = identity.metadata
        let values = TemplateValues(
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
    ) -> Tried<SPIFFEID>? {
        let text = spec.spiffeID ?? settings.spiffeIDTemplate
        guard text.utf8.count <= templateLimit else {
            check.invalid("spec.spiffeID", "must not be longer than \(templateLimit) bytes")
            return nil
        }
        do throws(TemplateError) {
            let template = try PlaceholderTemplate(text, TemplateVocabulary(spec.placement ?? .cluster))
            // With a wrong name the ID would be wrong for a reason that is reported already.
            guard names.areValid else { return nil }
            let id = try template.spiffeID(with: names.values.filledWithSamples(for: template))
            // SPIRE would let the workload's own entries hang under it as if it were a node.
            guard id != settings.nodeAlias else { throw TemplateError("must not be the SPIFFE ID of the node alias") }
            // Whoever has it can do in SPIRE and Vault what the operator can.
            guard !settings.reservedSPIFFEIDs.contains(id) else { throw TemplateError.reservedID }
            return Tried(template: template, sample: id)
        } catch {
            check.invalid("spec.spiffeID", error.description)
            return nil
        }
    }

    private static func federatesWith(
        of spec: WorkloadIdentitySpec, settings: PlanningSettings, check: inout SpecCheck
    ) -> Set<String> {
        let listed = check.bounded(spec.federatesWith, "spec.federatesWith", limit: federationLimit) ?? []
        for (index, name) in listed.enumerated() {
            guard let trustDomain = TrustDomain(name) else {
                check.invalid(
                    "spec.federatesWith[\(index)]", "must be the name of a trust domain (a-z 0-9 - . _), without scheme"
                )
                continue
            }
            if trustDomain == settings.trustDomain {
                check.invalid("spec.federatesWith[\(index)]", "must not be the trust domain of the identity itself")
            }
        }
        return Set(listed)
    }

    /// Seconds, 0 when nothing is said: the server's default.
    private static func ttl(_ text: String?, _ field: String, check: inout SpecCheck) -> Int32 {
        Int32(clamping: check.seconds(text, field) ?? 0)
    }

    private static func dnsNames(
        of spec: WorkloadIdentitySpec, names: Names, check: inout SpecCheck
    ) -> [Tried<String>] {
        let listed = check.bounded(spec.x509SVID?.dnsNames, "spec.x509SVID.dnsNames", limit: dnsNameLimit)
        var result: [Tried<String>] = []
        // What always becomes the same is the same: templates of nodes and pods by themselves, others by their names.
        var templates: Set<PlaceholderTemplate> = []
        var fixedNames: Set<String> = []
        for (index, text) in (listed ?? []).enumerated() {
            let field = "spec.x509SVID.dnsNames[\(index)]"
            guard text.utf8.count <= templateLimit else {
                check.invalid(field, "must not be longer than \(templateLimit) bytes")
                continue
            }
            do throws(TemplateError) {
                let template = try PlaceholderTemplate(text, TemplateVocabulary(spec.placement ?? .cluster))
                guard names.areValid else { continue }
                let name = try template.rendered(with: names.values.filledWithSamples(for: template))
                if let violation = DNSNameSyntax.violation(of: name) {
                    check.invalid(field, violation)
                } else if !(template.dependsOnPlacement
                    ? templates.insert(template).inserted : fixedNames.insert(name).inserted)
                {
                    check.invalid(field, "is the same as an earlier one: \(name)")
                } else {
                    result.append(Tried(template: template, sample: name))
                }
            } catch {
                check.invalid(field, error.description)
            }
        }
        return result
    }

    /// What SPIRE demands of entries whose SVIDs agents store (rule spire-4).
    private static func checkStoring(
        of spec: WorkloadIdentitySpec, selectors: Set<WorkloadSelector>, check: inout SpecCheck
    ) {
        guard spec.storeSVID == true else { return }
        if spec.x509SVID?.prefetch == false {
            check.invalid(
                "spec.x509SVID.prefetch", "must not be false with storeSVID: what is stored is fetched before")
        }
        if Set(selectors.map(\.type)).count > 1 {
            check.invalid("spec.selectors", "must all be of the type k8s with storeSVID")
        }
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

extension TemplateValues {
    /// The values with samples for node and pod, to find out what is wrong with a template wherever it is used.
    fileprivate func filledWithSamples(for template: PlaceholderTemplate) -> TemplateValues {
        guard template.dependsOnPlacement else { return self }
        var labels: [String: String] = [:]
        for case .podLabel(let key) in template.placeholders { labels[key] = "label" }
        var values = self
        values.node = NodeFacts(name: "node", uid: "uid")
        values.pod = PodFacts(name: "pod", uid: "uid", nodeName: "node", labels: labels)
        return values
    }
}
