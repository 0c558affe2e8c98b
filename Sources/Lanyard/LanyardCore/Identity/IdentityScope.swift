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
    /// - Parameter values: what the boundary's placeholders stand for.
    init(boundary: EffectiveBoundary, values: TemplateValues) {
        let values = BoundaryTemplate.Values(
            namespace: values.namespace, name: values.name, serviceAccounts: [values.serviceAccount],
            cluster: values.cluster, trustDomain: values.trustDomain.name)
        // With one ServiceAccount a template becomes one pattern, or none.
        spiffeIDs = boundary.all(\.spiffeIDs).compactMap { $0.value.patterns(values)?.first }.map { PathPattern($0) }
        dnsNames = boundary.all(\.dnsNames).compactMap { $0.value.patterns(values)?.first }.map { DNSNamePattern($0) }
        withdraws = boundary.withdraws
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
