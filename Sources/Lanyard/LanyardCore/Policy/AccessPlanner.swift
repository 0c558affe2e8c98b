package import LanyardAPI

/// Turns the access that a binding asks for into policy rules.
package enum AccessPlanner {
    /// The most entries that `spec.access` may have in all, and the most rules of a policy (threat T22).
    package static let maximumRules = 1000
    /// The longest policy text, in bytes (threat T22).
    package static let maximumTextLength = 256 * 1024

    /// The rules of a binding's policy, merged and sorted by path, or what is wrong with the spec.
    ///
    /// The rules hold only what is right: they must not be used while there are violations.
    ///
    /// - Parameter credentialPaths: where each of `spec.databaseRoles` gives credentials, in that order; each grants
    ///   `read` there.
    package static func rules(
        for access: Access?, credentialPaths: [String], mounts: MountNames
    ) -> (rules: [PolicyRule], violations: [SpecViolation]) {
        let (_, whole, violations) = documents(for: access, credentialPaths: credentialPaths, mounts: mounts)
        return (whole.rules, violations)
    }

    /// The same, and beside the whole what `spec.access` alone grants: rules for credentials come and go with the
    /// database roles that the binding holds.
    static func documents(
        for access: Access?, credentialPaths: [String], mounts: MountNames
    ) -> (access: PolicyDocument, whole: PolicyDocument, violations: [SpecViolation]) {
        let counts = [
            access?.kv?.count, access?.pki?.count, access?.transit?.count, access?.rules?.count,
            credentialPaths.count,
        ]
        guard counts.reduce(0, { $0 + ($1 ?? 0) }) <= maximumRules else {
            let message = "must not have more than \(maximumRules) entries in all"
            let none = PolicyDocument(merging: [])
            return (none, none, [SpecViolation(kind: .invalid, field: "spec.access", message: message)])
        }
        var collector = AccessRuleCollector()
        collect(access, mounts: mounts, into: &collector) { collector in
            for (index, path) in credentialPaths.enumerated() {
                collector.addCredentials(at: path, field: "spec.databaseRoles[\(index)].name")
            }
        }
        let document = PolicyDocument(merging: collector.rules + collector.credentialRules)
        if document.rules.count > maximumRules {
            collector.violate("spec.access", "must not make more than \(maximumRules) policy rules")
        } else if document.hcl(comment: nil).utf8.count > maximumTextLength {
            collector.violate("spec.access", "must not make a policy longer than \(maximumTextLength) bytes")
        }
        return (PolicyDocument(merging: collector.rules), document, collector.violations)
    }

    /// What `spec.access` asks for at each path, with the field that named the path first, in the order of the fields; what is
    /// wrong with some entries does not hide the others.
    static func asked(for access: Access?, mounts: MountNames) -> [(rule: PolicyRule, field: String)] {
        var collector = AccessRuleCollector()
        collect(access, mounts: mounts, into: &collector)
        return collector.asked
    }

    private static func collect(
        _ access: Access?, mounts: MountNames, into collector: inout AccessRuleCollector,
        beforeRules: (inout AccessRuleCollector) -> Void = { _ in }
    ) {
        for (index, entry) in (access?.kv ?? []).enumerated() {
            collector.add(entry, field: "spec.access.kv[\(index)]", mounts: mounts)
        }
        for (index, entry) in (access?.pki ?? []).enumerated() {
            collector.add(entry, field: "spec.access.pki[\(index)]", mounts: mounts)
        }
        for (index, entry) in (access?.transit ?? []).enumerated() {
            collector.add(entry, field: "spec.access.transit[\(index)]", mounts: mounts)
        }
        beforeRules(&collector)
        for (index, rule) in (access?.rules ?? []).enumerated() {
            collector.add(rule, field: "spec.access.rules[\(index)]")
        }
    }
}
