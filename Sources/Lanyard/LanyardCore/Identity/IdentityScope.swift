import LanyardAPI

/// What a boundary lets the entries of one identity say, for what is known only with a node or a pod: whoever may create
/// pods chooses their names and labels. `IdentityBoundaryCheck` has held the templates themselves against it.
struct IdentityScope: Equatable, Sendable {
    private let spiffeIDs: [PathPattern]
    private let dnsNames: [DNSNamePattern]
    /// Whether an entry that exists goes when it is outside, as the boundary says.
    let withdraws: Bool

    /// The scope of an identity.
    ///
    /// - Parameters:
    ///   - placement: of an identity whose entry is for no node and no pod nothing is to be held against it.
    ///   - values: what the boundary's placeholders stand for.
    ///   - mounts: the configured ones.
    init(
        boundary: EffectiveBoundary, placement: WorkloadIdentitySpec.Placement, values: TemplateValues,
        mounts: MountNames
    ) {
        withdraws = boundary.withdraws
        guard placement != .cluster else {
            (spiffeIDs, dnsNames) = ([], [])
            return
        }
        let values = BoundaryTemplate.Values(
            namespace: values.namespace, name: values.name, serviceAccounts: [values.serviceAccount],
            cluster: values.cluster, trustDomain: values.trustDomain.name)
        let prepared = boundary.prepared(for: values, sparing: mounts.engines).patterns
        // With one ServiceAccount a template becomes one pattern, or none.
        spiffeIDs = boundary.all(\.spiffeIDs).compactMap { entry in
            if let known = prepared[entry.value.text] { return known?.first }
            return entry.value.patterns(values)?.first.map { PathPattern($0) }
        }
        dnsNames = boundary.all(\.dnsNames).compactMap { $0.value.patterns(values)?.first }.map { DNSNamePattern($0) }
    }

    /// What an entry has that the namespace may not have, as a sentence that begins with the field; nil when it is inside.
    func violation(of entry: RegistrationEntry) -> String? {
        let path = entry.spiffeID.path
        if !spiffeIDs.contains(where: { $0.matches(path) }) {
            return "spec.spiffeID becomes \(Excerpt.quoting(path)), which the namespace may not have"
        }
        for name in entry.dnsNames where !dnsNames.contains(where: { $0.contains(DNSNamePattern(name)) }) {
            return "spec.x509SVID.dnsNames becomes \(Excerpt.quoting(name)), which the namespace may not have"
        }
        return nil
    }
}
