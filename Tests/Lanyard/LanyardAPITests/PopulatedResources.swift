import KubernetesModel
import LanyardAPI

extension [Condition] {
    static let populated = [
        Condition(
            type: ConditionType.ready, status: .yes, reason: Reason.ready.rawValue, message: "as declared",
            observedGeneration: 1, lastTransitionTime: "2025-01-01T00:00:00Z")
    ]
}

extension WorkloadIdentity: PublishedResource {
    static let shortName = "wid"
    static let columns: [String] = [
        "SPIFFE ID string .status.spiffeID", "Placement string .status.placement wide",
        "Entries integer .status.entryCount",
    ]
    static let choices: Set<String> = ["spec.placement", "spec.driftPolicy", "spec.deletionPolicy"]
    static let durations: Set<String> = ["spec.x509SVID.ttl", "spec.jwtSVID.ttl"]

    static var populated: WorkloadIdentity {
        var identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop"))
        identity.spec.serviceAccountName = "web"
        identity.spec.spiffeID = "/ns/{namespace}/sa/{serviceAccount}"
        identity.spec.podSelector = .init(matchLabels: ["app": "web"])
        identity.spec.containerName = "main"
        identity.spec.selectors = ["k8s:pod-image:web"]
        identity.spec.placement = .cluster
        identity.spec.x509SVID = .init(ttl: "1h", dnsNames: ["web.{namespace}.svc"], prefetch: true)
        identity.spec.jwtSVID = .init(ttl: "5m")
        identity.spec.federatesWith = ["partner.example"]
        identity.spec.admin = true
        identity.spec.downstream = true
        identity.spec.storeSVID = true
        identity.spec.hint = "internal"
        identity.spec.driftPolicy = .report
        identity.spec.deletionPolicy = .orphan
        var status = WorkloadIdentityStatus()
        status.observedGeneration = 1
        status.spiffeID = "spiffe://example.org/ns/shop/sa/web"
        status.parentID = "spiffe://example.org/node"
        status.placement = .node
        status.entryCount = 1
        status.entries = [.init(id: "lanyard.c.shop.web", parentID: "spiffe://example.org/node", node: "n", pod: "p")]
        status.conditions = .populated
        identity.status = status
        return identity
    }
}

extension VaultRoleBinding: PublishedResource {
    static let shortName = "vrb"
    static let columns: [String] = [
        "Identity string .spec.workloadIdentityRef.name", "Role string .status.vault.roleName",
        "DB roles integer .status.vault.databaseRoleCount wide",
    ]
    static let choices: Set<String> = [
        "spec.driftPolicy", "spec.deletionPolicy", "spec.databaseRoles[].deletionPolicy",
        "spec.databaseRoles[].recreatePolicy", "spec.access.kv[].version",
    ]
    static let durations: Set<String> = [
        "spec.token.ttl", "spec.token.maxTTL", "spec.token.explicitMaxTTL", "spec.token.period",
        "spec.access.rules[].minWrappingTTL", "spec.access.rules[].maxWrappingTTL", "spec.databaseRoles[].defaultTTL",
        "spec.databaseRoles[].maxTTL", "spec.databaseRoles[].static.rotationPeriod",
    ]

    static var populated: VaultRoleBinding {
        var binding = VaultRoleBinding(metadata: ObjectMeta(name: "web", namespace: "shop"))
        binding.spec.workloadIdentityRef = .init(name: "web")
        binding.spec.serviceAccountNames = ["web"]
        binding.spec.roleName = "web"
        binding.spec.policyName = "web"
        binding.spec.kubernetesAuth = .init(
            enabled: true, mount: "kubernetes", audience: "vault", aliasNameSource: "serviceaccount_uid")
        binding.spec.jwtAuth = .init(mount: "jwt", audiences: ["vault"])
        binding.spec.token = .populated
        binding.spec.access = .populated
        binding.spec.databaseRoles = [.populated]
        binding.spec.driftPolicy = .correct
        binding.spec.deletionPolicy = .delete
        binding.spec.revokeLeasesOnDelete = true
        var status = VaultRoleBindingStatus()
        status.observedGeneration = 1
        status.serviceAccounts = ["web"]
        status.spiffeID = "spiffe://example.org/ns/shop/sa/web"
        status.vault = .init(
            roleName: "web", policy: "sys/policies/acl/web", kubernetesRole: "auth/kubernetes/role/web",
            jwtRole: "auth/jwt/role/web",
            databaseRoles: ["database/roles/web"])
        status.databaseRoleTemplates = [.init(name: "readwrite", uid: "u", generation: 1)]
        status.conditions = .populated
        binding.status = status
        return binding
    }
}

extension TokenSettings {
    fileprivate static var populated: TokenSettings {
        var token = TokenSettings()
        token.ttl = "1h"
        token.maxTTL = "24h"
        token.explicitMaxTTL = "48h"
        token.period = "1h"
        token.numUses = 1
        token.type = "service"
        token.boundCIDRs = ["10.0.0.0/8"]
        token.noDefaultPolicy = true
        token.extraPolicies = ["audit"]
        return token
    }
}

extension Access {
    fileprivate static var populated: Access {
        var rule = AccessRule(path: "secret/data/web", capabilities: ["read"])
        rule.allowedParameters = ["version": ["1"]]
        rule.deniedParameters = ["force": ["1"]]
        rule.requiredParameters = ["version"]
        rule.minWrappingTTL = "1m"
        rule.maxWrappingTTL = "5m"
        return Access(
            kv: [KVAccess(mount: "secret", path: "web/*", permissions: ["Read"], version: 2)],
            pki: [PKIAccess(mount: "pki", role: "web", operations: ["Issue"])],
            transit: [TransitAccess(mount: "transit", key: "web", operations: ["Encrypt"])], rules: [rule])
    }
}

extension DatabaseRole {
    fileprivate static var populated: DatabaseRole {
        var role = DatabaseRole(name: "orders")
        role.vaultName = "web"
        role.mount = "database"
        role.connection = "orders"
        role.template = "readwrite"
        role.statements = .init(creation: ["a"], revocation: ["b"], renew: ["c"], rollback: ["d"])
        role.defaultTTL = "1h"
        role.maxTTL = "24h"
        role.credentialType = "password"
        role.credentialConfig = ["password_policy": "long"]
        role.static = .init(username: "web", rotationPeriod: "24h", rotationStatements: ["e"])
        role.deletionPolicy = .orphan
        role.recreatePolicy = .recreate
        return role
    }
}

extension DatabaseRoleTemplate: PublishedResource {
    static let shortName = "dbt"
    static let columns: [String] = ["Mount string .spec.mount wide", "Connections string .spec.connections wide"]
    static let durations: Set<String> = ["spec.defaultTTL", "spec.maxTTL"]

    static var populated: DatabaseRoleTemplate {
        var template = DatabaseRoleTemplate(metadata: ObjectMeta(name: "readwrite"))
        template.spec.mount = "database"
        template.spec.connections = ["orders"]
        template.spec.creationStatements = ["a"]
        template.spec.revocationStatements = ["b"]
        template.spec.renewStatements = ["c"]
        template.spec.rollbackStatements = ["d"]
        template.spec.defaultTTL = "1h"
        template.spec.maxTTL = "24h"
        template.spec.credentialType = "password"
        var status = DatabaseRoleTemplateStatus()
        status.observedGeneration = 1
        status.conditions = .populated
        template.status = status
        return template
    }
}

extension OwnershipRecord: PublishedResource {
    static let shortName = "own"
    static let columns: [String] = [
        "Owner Kind string .spec.owner.kind", "Owner Namespace string .spec.owner.namespace",
        "Owner string .spec.owner.name",
    ]
    static let choices: Set<String> = ["spec.claims[].deletionPolicy"]

    static var populated: OwnershipRecord {
        OwnershipRecord(
            metadata: ObjectMeta(name: "shop.web", namespace: "lanyard-system"),
            spec: Spec(
                owner: Owner(kind: "VaultRoleBinding", namespace: "shop", name: "web", uid: "u"),
                claims: [
                    Claim(
                        path: "database/roles/web", claimedAt: "2025-01-01T00:00:00Z", deletionPolicy: .orphan,
                        sourceDigest: "d", accessor: "database_1", tokenSeconds: 3600)
                ], convergedDigest: "d", namespaceUID: "n",
                tombstones: [
                    Tombstone(path: "sys/policies/acl/old", namespaceUID: "n", until: "2025-01-01T00:00:00Z")
                ]))
    }
}

extension IdentityBoundary: PublishedResource {
    static let shortName = "ib"
    static let columns: [String] = [
        "Namespaces integer .status.namespaces", "Resources integer .status.resources",
        "Violating integer .status.violating", "On violation string .spec.onViolation wide",
    ]
    static let choices: Set<String> = ["spec.onViolation", "spec.identity.placements[]"]
    static let durations: Set<String> = [
        "spec.identity.maxX509TTL", "spec.identity.maxJWTTTL", "spec.vault.maxTokenTTL",
    ]

    static var populated: IdentityBoundary {
        var boundary = IdentityBoundary(metadata: ObjectMeta(name: "shop"))
        boundary.spec.namespaces = .init(
            names: ["shop-*"],
            selector: .init(
                matchLabels: ["team": "shop"],
                matchExpressions: [.init(key: "tier", operator: "In", values: ["1", "2"])]))
        boundary.spec.onViolation = .withdraw
        var identity = IdentityBoundarySpec.Identity()
        identity.spiffeIDs = ["/ns/{namespace}/*"]
        identity.dnsNames = ["*.{namespace}.svc"]
        identity.federatesWith = ["partner.example"]
        identity.placements = [.cluster, .node]
        identity.maxX509TTL = "24h"
        identity.maxJWTTTL = "1h"
        identity.allowAdmin = false
        identity.allowDownstream = false
        identity.allowStoreSVID = false
        boundary.spec.identity = identity
        var vault = IdentityBoundarySpec.Vault()
        vault.names = ["{serviceAccount}"]
        vault.authMounts = ["kubernetes"]
        vault.secretsMounts = ["kv-{namespace}"]
        vault.maxTokenTTL = "24h"
        vault.allowPeriodicTokens = false
        vault.extraPolicies = ["audit"]
        vault.paths = [.init(path: "secret/data/{namespace}/*", capabilities: ["read"])]
        vault.databases = [
            .init(
                mount: "database", connection: "orders", templates: ["*"], inlineStatements: true,
                staticUsernames: ["web"])
        ]
        boundary.spec.vault = vault
        boundary.spec.allowOrphan = true
        boundary.spec.allowPause = true
        boundary.spec.allowReportOnly = true
        boundary.spec.allowAdoption = true
        boundary.spec.sharedNames = true
        var status = IdentityBoundaryStatus()
        status.observedGeneration = 1
        status.namespaces = 1
        status.resources = 2
        status.violating = 1
        status.conditions = .populated
        boundary.status = status
        return boundary
    }
}
