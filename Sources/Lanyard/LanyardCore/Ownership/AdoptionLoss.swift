import KubernetesModel

/// What others lose when an object that somebody else made is taken over: a role that several namespaces log in to may be
/// made the binding's alone.
enum AdoptionLoss {
    /// The fields of auth roles that list who or what is let in, and what people call that.
    private static let lists: [(field: String, title: String)] = [
        ("bound_service_account_names", "ServiceAccounts"), ("bound_service_account_namespaces", "namespaces"),
        ("bound_subject", "subjects"), ("bound_audiences", "audiences"), ("token_policies", "policies"),
    ]

    /// One line for events, `ServiceAccounts [worker], namespaces [shop]`; nil when nobody loses anything.
    ///
    /// - Parameters:
    ///   - actual: the `data` of a read.
    ///   - wanted: what is written over it.
    static func text(of kind: VaultObjectKind, from actual: JSONValue, to wanted: JSONValue) -> String? {
        let losses: [String]
        switch kind {
        case .authRole:
            losses = lists.compactMap { list in
                let kept = Set(FieldComparison.strings(wanted[list.field]) ?? [])
                let lost = (FieldComparison.strings(actual[list.field]) ?? []).filter { !kept.contains($0) }
                return lost.isEmpty ? nil : "\(list.title) \(FieldDifference.display(lost.sorted()))"
            }
        case .policy:
            let kept = rules(of: wanted) ?? [:]
            guard let found = rules(of: actual) else { return "what the policy grants that is not read as one" }
            let lost = found.filter { !$0.value.isSubset(of: kept[$0.key] ?? []) }.keys.sorted()
            losses = lost.isEmpty ? [] : ["whoever has the policy, at \(FieldDifference.display(lost))"]
        case .databaseRole:
            losses = []
        }
        return losses.isEmpty ? nil : losses.joined(separator: ", ")
    }

    private static func rules(of policy: JSONValue) -> [String: Set<Capability>]? {
        guard let document = policy["policy"]?.string.flatMap({ try? PolicyDocument(parsing: $0) }) else { return nil }
        return Dictionary(
            document.rules.map { ($0.path, Set($0.capabilities)) }, uniquingKeysWith: { $0.union($1) })
    }
}
