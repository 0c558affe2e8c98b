import KubernetesModel
import LanyardAPI
import TestSupport

/// Random specs of a few shapes, valid and not, whose names collide now and then.
enum SimulatedSpecs {
    /// Appears in all SQL, and must not appear in anything that people can read.
    static let canary = "canary-7f3a"

    static func identity(using random: inout SplitMix64) -> WorkloadIdentitySpec {
        var spec = WorkloadIdentitySpec()
        // Two identities of a namespace that name one ServiceAccount want the same entry.
        if random.once(in: 3) { spec.serviceAccountName = "web" }
        if random.once(in: 4) { spec.x509SVID = .init(ttl: random.pick(["1h", "90s", "30m"])) }
        if random.once(in: 5) { spec.hint = random.pick(["internal", "external"]) }
        if random.once(in: 6) { spec.podSelector = .init(matchLabels: ["tier": random.pick(["front", "back"])]) }
        if random.once(in: 6) { spec.spiffeID = "/custom/{namespace}/{serviceAccount}" }
        if random.once(in: 6) { spec.placement = .node }
        if random.once(in: 4) {
            spec.placement = .pod
            if random.once(in: 2) { spec.spiffeID = "/{namespace}/{podLabel:team}/{pod}" }
        }
        if random.once(in: 6) { spec.federatesWith = random.pick([["one.example"], ["one.example", "two.example"]]) }
        if random.once(in: 8) { spec.driftPolicy = .report }
        if random.once(in: 10) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: spec.spiffeID = "spiffe://elsewhere.example/ns/x"
            case 1: spec.spiffeID = "/ns/{unknown}"
            case 2: spec.selectors = ["k8s:ns:kube-system"]
            default: spec.x509SVID = .init(ttl: "soon")
            }
        }
        return spec
    }

    static func binding(using random: inout SplitMix64) -> VaultRoleBindingSpec {
        var spec = VaultRoleBindingSpec()
        if random.once(in: 3) {
            spec.serviceAccountNames = random.pick([["web"], ["api", "web"]])
        } else {
            spec.workloadIdentityRef = .init(name: random.pick(["web", "api"]))
        }
        if random.once(in: 2) { spec.roleName = random.pick(["shared", "shared-two"]) }
        if random.once(in: 5) { spec.policyName = random.pick(["shared", "other-policy"]) }
        if random.once(in: 3) {
            var token = TokenSettings()
            token.ttl = random.pick(["1h", "2h"])
            spec.token = token
        } else if random.once(in: 2) {
            // Short enough for a name to be handed on within a history.
            var token = TokenSettings()
            token.maxTTL = random.pick(["30s", "60s", "120s"])
            spec.token = token
        }
        let path = random.pick(["web/*", "api/*", "common/config"])
        spec.access = Access(kv: [KVAccess(path: path, permissions: random.pick([["Read"], ["Read", "List"]]))])
        if spec.workloadIdentityRef != nil, random.once(in: 2) {
            spec.jwtAuth = .init(audiences: [random.pick(["vault", "bao"])])
            if random.once(in: 3) { spec.kubernetesAuth = .init(enabled: false) }
        }
        if random.once(in: 2) { spec.databaseRoles = [databaseRole(using: &random)] }
        if random.once(in: 6) { spec.revokeLeasesOnDelete = true }
        if random.once(in: 8) { spec.driftPolicy = .report }
        if random.once(in: 10) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: spec.access = Access(rules: [AccessRule(path: "secret/data/../x", capabilities: ["read"])])
            case 1: spec.access = Access(rules: [AccessRule(path: "secret/data/x", capabilities: ["reed"])])
            case 2: spec.serviceAccountNames = ["*"]
            default: spec.roleName = "root"
            }
        }
        return spec
    }

    static func template(using random: inout SplitMix64) -> DatabaseRoleTemplateSpec {
        var spec = DatabaseRoleTemplateSpec()
        spec.connections = random.pick([["good"], ["*"], ["second"]])
        spec.creationStatements = [random.pick(["CREATE ROLE -- \(canary)", "CREATE USER -- \(canary)"])]
        spec.maxTTL = random.pick([nil, "1h", "10m", "soon"])
        return spec
    }

    private static func databaseRole(using random: inout SplitMix64) -> DatabaseRole {
        var role = DatabaseRole(name: "main")
        role.connection = random.pick(["good", "good", "second", "missing", "closed"])
        if random.once(in: 3) { role.vaultName = "shared" }
        if random.once(in: 3) { role.recreatePolicy = .recreate }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            role.static = .init(
                username: random.pick(["app", "other", "owner"]), rotationPeriod: random.pick(["1h", "2h"]))
        case 1:
            role.template = "readwrite"
            if random.once(in: 2) { role.connection = nil }
        default:
            role.statements = .init(creation: ["CREATE ROLE \"{{name}}\" -- \(canary)"])
            role.defaultTTL = random.pick(["1h", "10m"])
            if random.once(in: 4) { role.credentialConfig = ["password_policy": "long"] }
        }
        return role
    }
}
