/// Compares what a token needs with what it has.
package enum PolicyCoverage {
    /// What one rule grants and another document does not.
    package struct Surplus: Equatable, Sendable {
        /// The path pattern, as the policy has it.
        package let path: String
        /// What is granted there beyond.
        package let capabilities: Set<Capability>
    }

    /// What a document grants that another does not, path by path. Exact about patterns: `team-*` beside `team-a` is a
    /// surplus, since it reaches other names as well.
    package static func surplus(of granted: PolicyDocument, beyond needed: PolicyDocument) -> [Surplus] {
        let patterns = needed.rules.map { (PathPattern($0.path), $0.capabilities) }
        return granted.rules.compactMap { rule in
            guard !rule.capabilities.contains(.deny) else { return nil }
            let asked = PathPattern(rule.path)
            let covered = patterns.filter { $0.0.contains(asked) }.map(\.1)
            let beyond = rule.capabilities.filter { capability in !covered.contains { $0.contains(capability) } }
            return beyond.isEmpty ? nil : Surplus(path: rule.path, capabilities: Set(beyond))
        }
    }

    /// A path that a pattern covers, by which a server can be asked what may be done there.
    package static func samplePath(of pattern: String) -> String {
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return segments.enumerated().map { index, segment in
            if segment == "+" { return sampleName }
            guard index == segments.count - 1, segment.hasSuffix("*") else { return String(segment) }
            return segment.dropLast() + sampleName
        }.joined(separator: "/")
    }

    /// What a document lets do at one path.
    package static func capabilities(of document: PolicyDocument, at path: String) -> Set<Capability> {
        document.rules.filter { PathPattern($0.path).matches(path) }.reduce(into: []) { $0.formUnion($1.capabilities) }
    }

    /// Paths at which the operator has no business, save where its policy says otherwise.
    ///
    /// - Parameters:
    ///   - policies: the names of its own policies.
    ///   - role: the path of its own auth role; nil when it has none.
    package static func foreignPaths(policies: [String], role: String?, mounts: MountNames) -> [String] {
        let name = "zz-\(sampleName)"
        var paths = ["default", name].map { "sys/policies/acl/\($0)" } + policies.map { "sys/policies/acl/\($0)" }
        paths += [
            "auth/token/create", "auth/token/root", "identity/entity", "sys/auth/\(name)", "sys/mounts/\(name)",
            "sys/raw/\(name)", "sys/leases/revoke-prefix/\(name)", "sys/leases/revoke-force/\(name)", "\(name)/\(name)",
            "auth/\(mounts.kubernetesAuth)/config", "auth/\(mounts.kubernetesAuth)/role/\(name)",
            "auth/\(mounts.jwtAuth)/config", "auth/\(mounts.jwtAuth)/role/\(name)", "\(mounts.kv)/data/\(name)",
            "\(mounts.database)/creds/\(name)", "\(mounts.database)/roles/\(name)", "\(mounts.pki)/roles/\(name)",
        ]
        if let role { paths.append(role) }
        return Set(paths).sorted()
    }

    private static let sampleName = "lanyard-doctor"
}
