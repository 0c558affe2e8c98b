import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// What the tenant of `evil` may have in SPIRE and Vault, written down a second time: not in terms of a boundary, but of
/// the objects themselves.
enum TenantFence {
    /// - Throws: `Invariants.Violation` when an entry is outside.
    static func check(_ entry: RegistrationEntry) throws {
        let isInside =
            entry.id.hasPrefix("lanyard.sim.evil.") && entry.spiffeID.path.hasPrefix("/ns/evil/")
            && entry.selectors.contains { $0.description == "k8s:ns:evil" } && !entry.isAdmin && !entry.isDownstream
            && entry.x509SVIDTTL <= 86_400 && entry.dnsNames.isEmpty
        if !isInside { throw Invariants.Violation(description: "entry \(entry.id) is outside: \(entry)") }
    }

    /// The API paths of the database roles whose credentials a policy lets be read.
    static func databaseRoles(readableBy policy: JSONValue) throws -> [String] {
        try PolicyDocument(parsing: policy["policy"]?.string ?? "").rules.compactMap { databaseRole(readBy: $0.path) }
    }

    /// The API path of the database role whose credentials are read at a path; nil when it is none for credentials.
    static func databaseRole(readBy path: String) -> String? {
        var segments = path.split(separator: "/").map(String.init)
        let collections = ["creds": "roles", "static-creds": "static-roles"]
        guard segments.count >= 3, let collection = collections[segments[segments.count - 2]] else { return nil }
        segments[segments.count - 2] = collection
        return segments.joined(separator: "/")
    }

    /// Checks what all logins of the tenant can do, whoever made their roles and policies.
    ///
    /// - Parameters:
    ///   - boundary: what they may; by default the widest that ever holds.
    ///   - ownRoles: the database roles that are the tenant's.
    /// - Throws: `Invariants.Violation` when one can do more.
    static func check(
        _ logins: [LoginRights], within boundary: EvilBoundary = EvilBoundary(), ownRoles: Set<String>
    ) throws {
        for login in logins {
            if let role = login.databaseRoles.first(where: { !ownRoles.contains($0) }) {
                throw Invariants.Violation(description: "(12) who logs in at \(login.role) gets credentials of \(role)")
            }
            if let rule = login.rules.first(where: { !boundary.allows($0) || $0.capabilities.contains(.sudo) }) {
                throw Invariants.Violation(
                    description:
                        "(12) who logs in at \(login.role) may \(rule.capabilities.map(\.rawValue).sorted()) at "
                        + "\(rule.path), beyond \(boundary)")
            }
        }
    }

    /// - Parameter ownRoles: the database roles that are the tenant's.
    /// - Throws: `Invariants.Violation` when an object of Vault is outside.
    static func check(_ object: JSONValue, at path: String, ownRoles: Set<String>) throws {
        // `good-role` may be had by whoever comes first, and somebody did.
        let names = ["app", "lanyard.sim.evil.", "good-role"]
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard names.contains(where: { name.hasPrefix($0) }) else {
            throw Invariants.Violation(description: "\(path) is outside by its name")
        }
        if path.hasPrefix("sys/policies/acl/") {
            let roles = try databaseRoles(readableBy: object)
            if let role = roles.first(where: { !ownRoles.contains($0) }) {
                throw Invariants.Violation(description: "\(path) gives credentials of \(role)")
            }
            for rule in try PolicyDocument(parsing: object["policy"]?.string ?? "").rules {
                let isOwn = [
                    "secret/data/evil/", "secret/metadata/evil/", "database/creds/", "database/static-creds/",
                ].contains { rule.path.hasPrefix($0) }
                if !rule.capabilities.isSubset(of: [.deny]), !isOwn || rule.capabilities.contains(.sudo) {
                    throw Invariants.Violation(description: "\(path) grants \(rule.path) \(rule.capabilities)")
                }
            }
        } else if path.hasPrefix("auth/jwt/") {
            guard object["bound_subject"]?.string?.hasPrefix("spiffe://sim.example/ns/evil/") == true,
                object["token_period"] == 0, (object["token_max_ttl"]?.integer ?? .max) <= 86_400
            else { throw Invariants.Violation(description: "\(path) is outside: \(object)") }
        } else if path.hasPrefix("auth/") {
            let policies = object["token_policies"]?.array?.compactMap(\.string) ?? []
            guard object["bound_service_account_namespaces"] == ["evil"],
                object["bound_service_account_names"]?.array?.contains("*") == false,
                policies.allSatisfy({ policy in names.contains { policy.hasPrefix($0) } }),
                object["token_period"] == 0, (object["token_max_ttl"]?.integer ?? .max) <= 86_400
            else { throw Invariants.Violation(description: "\(path) is outside: \(object)") }
        } else {
            guard path.hasPrefix("database/"), object["db_name"] == "second",
                object["username"] == nil || object["username"] == "app"
            else { throw Invariants.Violation(description: "\(path) is outside: \(object)") }
        }
    }
}
