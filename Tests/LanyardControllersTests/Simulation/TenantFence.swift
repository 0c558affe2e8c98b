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

    /// - Throws: `Invariants.Violation` when an object of Vault is outside.
    static func check(_ object: JSONValue, at path: String) throws {
        let names = ["app", "lanyard.sim.evil."]
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard names.contains(where: { name.hasPrefix($0) }) else {
            throw Invariants.Violation(description: "\(path) is outside by its name")
        }
        if path.hasPrefix("sys/policies/acl/") {
            for rule in try PolicyDocument(parsing: object["policy"]?.string ?? "").rules {
                let isOwn = ["secret/data/evil/", "secret/metadata/evil/"].contains { rule.path.hasPrefix($0) }
                if !rule.capabilities.isSubset(of: [.deny]), !isOwn || rule.capabilities.contains(.sudo) {
                    throw Invariants.Violation(description: "\(path) grants \(rule.path) \(rule.capabilities)")
                }
            }
        } else if path.hasPrefix("auth/") {
            let policies = object["token_policies"]?.array?.compactMap(\.string) ?? []
            guard object["bound_service_account_namespaces"] == ["evil"],
                object["bound_service_account_names"]?.array?.contains("*") == false,
                policies.allSatisfy({ policy in names.contains { policy.hasPrefix($0) } }),
                object["token_period"] == 0, (object["token_max_ttl"]?.integer ?? .max) <= 86_400
            else { throw Invariants.Violation(description: "\(path) is outside: \(object)") }
        } else {
            throw Invariants.Violation(description: "\(path) should not be: no connection is allowed")
        }
    }
}
