import KubernetesModel
import LanyardAPI

@testable import LanyardCore

extension IdentityBoundary {
    /// A boundary for `shop` with something in every list, changed by the caller.
    static func sample(
        _ name: String = "shop", namespaces: [String] = ["shop"],
        _ fill: (inout IdentityBoundarySpec) -> Void = { _ in }
    ) -> IdentityBoundary {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: namespaces)
        var identity = IdentityBoundarySpec.Identity()
        identity.spiffeIDs = ["/ns/{namespace}/sa/{serviceAccount}"]
        identity.dnsNames = ["*.{namespace}.svc.cluster.local"]
        identity.placements = [.cluster]
        identity.maxX509TTL = "24h"
        identity.maxJWTTTL = "1h"
        spec.identity = identity
        var vault = IdentityBoundarySpec.Vault()
        vault.names = ["lanyard.{cluster}.{namespace}.*", "{serviceAccount}"]
        vault.authMounts = ["kubernetes", "jwt"]
        vault.maxTokenTTL = "24h"
        vault.paths = [
            .init(path: "secret/data/{namespace}/*", capabilities: ["create", "read", "update", "delete"]),
            .init(path: "secret/metadata/{namespace}/*", capabilities: ["read", "list"]),
        ]
        vault.databases = [.init(connection: "orders", templates: ["read*"])]
        spec.vault = vault
        fill(&spec)
        return IdentityBoundary(metadata: ObjectMeta(name: name), spec: spec)
    }
}

extension EffectiveBoundary {
    /// What boundaries allow together in `shop`.
    static func sample(
        _ boundaries: [IdentityBoundary], namespace: String = "shop", labels: [String: String]? = [:]
    ) throws -> EffectiveBoundary {
        try BoundarySet(boundaries, settings: .sample()).effective(inNamespace: namespace, labels: labels)
    }
}
