/// The kinds of objects that a binding has in Vault, in the order in which they are made (rule order-2).
///
/// Database roles come first, so that a policy gives only credentials of roles that are held; then the policy, so that a
/// login never gets a role whose policy is missing. Deletion goes the other way: a token that lives on can do nothing
/// more, and makes no more leases, while the rest goes.
package enum VaultObjectKind: Int, CaseIterable, Sendable, Comparable {
    case databaseRole
    case policy
    case authRole

    /// Recognises the kind of a path that this operator makes; nil for every other path, which is never touched.
    package init?(path: String) {
        // By bytes, as the server does: this is asked of every path of every pass.
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(Substring.init)
        if segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) { return nil }
        if segments.count == 4, segments[0] == "sys", segments[1] == "policies", segments[2] == "acl" {
            self = .policy
        } else if segments.count >= 4, segments[0] == "auth", segments[segments.count - 2] == "role" {
            self = .authRole
        } else if segments.count >= 3,
            segments[segments.count - 2] == "roles" || segments[segments.count - 2] == "static-roles",
            // Not below a namespace of the server either: team/auth/token/roles/x makes tokens.
            !segments.dropLast(2).contains(where: { VaultPathRule.systemMounts.contains($0.lowercased()) })
        {
            self = .databaseRole
        } else {
            return nil
        }
    }

    /// By the order in which they are made.
    package static func < (left: VaultObjectKind, right: VaultObjectKind) -> Bool { left.rawValue < right.rawValue }
}
