import KubernetesModel
import LanyardAPI
import LanyardCore
import TestSupport

/// What the platform allows the tenant of `evil`, in some variants between which it goes to and fro; each says a second time,
/// in its own words, what logins can do at most while it holds.
struct EvilBoundary: CustomStringConvertible {
    /// What the variants differ in, beside the switches.
    enum Extent: String, CaseIterable {
        case whole, withoutDatabases, templatesOnly, ownNamesOnly, oneSecret, shortTokens
    }

    var extent = Extent.whole
    var onViolation = IdentityBoundarySpec.OnViolation.retain
    var allowsOrphan = false
    var allowsPause = false
    var allowsReport = true

    static func any(using random: inout SplitMix64) -> EvilBoundary {
        EvilBoundary(
            extent: random.once(in: 2) ? .whole : random.pick(Extent.allCases),
            onViolation: random.pick([.retain, .withdraw]), allowsOrphan: random.once(in: 2),
            allowsPause: random.once(in: 2), allowsReport: !random.once(in: 4))
    }

    var description: String { "\(extent.rawValue) \(onViolation.rawValue)" }

    /// What the tenant's tokens live at most, in seconds.
    var maxTokenTTL: Int64 { extent == .shortTokens ? 3_600 : 86_400 }

    /// As the operator reads it.
    var object: IdentityBoundary {
        var boundary = IdentityBoundary.ofTenant("evil")
        boundary.spec.onViolation = onViolation
        boundary.spec.allowOrphan = allowsOrphan
        boundary.spec.allowPause = allowsPause
        boundary.spec.allowReportOnly = allowsReport
        switch extent {
        case .whole: break
        case .withoutDatabases: boundary.spec.vault?.databases = []
        case .templatesOnly: boundary.spec.vault?.databases = [.init(connection: "second", templates: ["readonly"])]
        case .ownNamesOnly: boundary.spec.vault?.names = ["lanyard.{cluster}.{namespace}.*"]
        case .oneSecret:
            boundary.spec.vault?.paths = [.init(path: "secret/data/{namespace}/app", capabilities: ["read"])]
        case .shortTokens: boundary.spec.vault?.maxTokenTTL = "1h"
        }
        return boundary
    }

    /// Whether a login may have a right; rights to credentials are judged by whose the database role is.
    func allows(_ rule: PolicyRule) -> Bool {
        let isCredential = rule.path.hasPrefix("database/creds/") || rule.path.hasPrefix("database/static-creds/")
        switch extent {
        case .withoutDatabases where isCredential: return false
        case .oneSecret where !isCredential: return rule.path == "secret/data/evil/app" && rule.capabilities == [.read]
        default:
            return isCredential || rule.path.hasPrefix("secret/data/evil/")
                || rule.path.hasPrefix("secret/metadata/evil/")
        }
    }
}

extension IdentityBoundary {
    /// What a tenant may ask for, at most.
    static func ofTenant(_ namespace: String) -> IdentityBoundary {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: [namespace])
        spec.identity = .init()
        spec.identity?.spiffeIDs = ["/ns/{namespace}/*"]
        spec.vault = .init()
        // The names of the two overlap, as those of "{serviceAccount}" would.
        spec.vault?.names = ["lanyard.{cluster}.{namespace}.*", "good-role", "app"]
        spec.vault?.databases = [
            namespace == "good"
                ? .init(connection: "good", inlineStatements: true)
                : .init(connection: "second", templates: ["read*"], inlineStatements: true, staticUsernames: ["app"])
        ]
        spec.vault?.maxTokenTTL = "24h"
        spec.vault?.paths = [
            .init(path: "secret/data/{namespace}/*", capabilities: ["create", "read", "update"]),
            .init(path: "secret/metadata/{namespace}/*", capabilities: ["read", "list"]),
        ]
        return IdentityBoundary(metadata: ObjectMeta(name: namespace), spec: spec)
    }
}
