import KubernetesModel
import LanyardAPI
import TestSupport

/// Random specs of a tenant that wants what others have, mixed with what it may have.
enum TenantSpecs {
    static func identity(using random: inout SplitMix64) -> WorkloadIdentitySpec {
        var spec = WorkloadIdentitySpec()
        if random.once(in: 3) {
            spec.serviceAccountName = random.pick(["app", "web"])
            return spec
        }
        if random.once(in: 2) { spec.serviceAccountName = random.pick(["app", "victim", "*", "web"]) }
        if random.once(in: 2) {
            spec.spiffeID = random.pick([
                "/ns/good/sa/web", "/ns/{namespace}/sa/{serviceAccount}", "/ns/{name}/sa/web", "/ns/good/sa/{name}",
                "/admin", "spiffe://sim.example/ns/good/sa/web", "/ns/{namespace}/../good/sa/web", "/ns/+/sa/web",
                "/agents",
            ])
        }
        if random.once(in: 3) {
            spec.placement = random.pick([.node, .pod])
            if spec.placement == .pod {
                spec.spiffeID = random.pick([
                    nil, "/ns/{podLabel:team}/sa/web", "/{podLabel:team}/x", "/ns/{namespace}/{podLabel:team}/{pod}",
                    "spiffe://sim.example/ns/{podLabel:team}/{pod}",
                ])
            }
        }
        if random.once(in: 4) { spec.selectors = [random.pick(["k8s:ns:good", "k8s:pod-name:x", "K8S:ns:good"])] }
        if random.once(in: 6) { spec.admin = true }
        if random.once(in: 6) { spec.downstream = true }
        if random.once(in: 5) { spec.x509SVID = .init(ttl: random.pick(["1h", "9000h"]), dnsNames: ["web.good.svc"]) }
        if random.once(in: 4) { spec.deletionPolicy = .orphan }
        if random.once(in: 4) { spec.driftPolicy = .report }
        return spec
    }

    static func binding(using random: inout SplitMix64) -> VaultRoleBindingSpec {
        var spec = VaultRoleBindingSpec()
        if random.once(in: 3) { return allowedBinding(using: &random) }
        if random.once(in: 2) {
            spec.serviceAccountNames = random.pick([["app"], ["web"], ["*"], ["app", "victim"]])
        } else {
            spec.workloadIdentityRef = .init(name: random.pick(["one", "two", "good/web"]))
        }
        if random.once(in: 2) {
            spec.roleName = random.pick([
                "web", "good-role", "platform", "root", "app", "lanyard.sim.good.web", "lanyard.sim.evil.x", "Web",
            ])
        }
        if random.once(in: 3) { spec.policyName = random.pick(["good-role", "platform", "app", "default"]) }
        if random.once(in: 3) {
            var token = TokenSettings()
            if random.once(in: 2) { token.extraPolicies = [random.pick(["platform", "good-role", "root", "default"])] }
            if random.once(in: 3) { token.period = "1h" }
            if random.once(in: 3) { token.maxTTL = random.pick(["1h", "9000h"]) }
            spec.token = token
        }
        if random.once(in: 3) { spec.kubernetesAuth = .init(mount: random.pick(["kubernetes", "other", "token"])) }
        var access = Access()
        if random.once(in: 2) {
            access.kv = [
                KVAccess(
                    path: random.pick(["evil/*", "evil/app", "good/*", "evil*", "*", "evil/../good/*"]),
                    permissions: random.pick([["Read"], ["Read", "List", "Write"], ["Destroy"]]))
            ]
        }
        if random.once(in: 2) {
            access.rules = [
                AccessRule(
                    path: random.pick([
                        "secret/data/evil/x", "secret/data/good/x", "secret/data/+/x", "*", "sys/*",
                        "secret/data/evil/+/y", "auth/kubernetes/role/good-role", "secret/data/evil/*",
                    ]), capabilities: random.pick([["read"], ["read", "sudo"], ["create", "update"], ["deny"]]))
            ]
        }
        spec.access = access
        if random.once(in: 3) {
            var role = DatabaseRole(name: random.pick(["main", "other"]))
            role.connection = random.pick(["good", "closed", "second", nil])
            switch Int.random(in: 0..<3, using: &random) {
            case 0: role.template = random.pick(["readonly", "readgood", "owner", "*"])
            case 1: role.static = .init(username: random.pick(["app", "owner", "good"]), rotationPeriod: "1h")
            default: role.statements = .init(creation: ["CREATE ROLE x SUPERUSER"])
            }
            if random.once(in: 3) { role.mount = random.pick(["database", "aws", "secret/data/good", "good/sys"]) }
            if random.once(in: 2) { role.vaultName = random.pick(["good-role_main", "platform", "app", "good-role"]) }
            spec.databaseRoles = [role]
        }
        if random.once(in: 4) { spec.deletionPolicy = .orphan }
        if random.once(in: 4) { spec.driftPolicy = .report }
        if random.once(in: 4), spec.workloadIdentityRef != nil { spec.jwtAuth = .init(audiences: ["vault"]) }
        return spec
    }

    /// What the boundary of `evil` allows: without it, nothing would ever be there to be misused.
    private static func allowedBinding(using random: inout SplitMix64) -> VaultRoleBindingSpec {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["app"]
        if random.once(in: 2) { spec.driftPolicy = .report }
        spec.roleName = random.pick([nil, "app"])
        if random.once(in: 4) {
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: random.pick(["one", "two"]))
            if random.once(in: 2) { spec.jwtAuth = .init(audiences: ["vault"]) }
        }
        if random.once(in: 3) { spec.driftPolicy = .report }
        var access = Access()
        access.kv = [KVAccess(path: random.pick(["evil/*", "evil/app"]), permissions: ["Read"])]
        spec.access = access
        if random.once(in: 2) {
            var role = DatabaseRole(name: random.pick(["main", "other"]))
            role.connection = "second"
            // The good tenant's name, where it can be had.
            role.vaultName = random.pick([nil, "app", "good-role", "good-role"])
            switch Int.random(in: 0..<5, using: &random) {
            case 0: role.static = .init(username: "app", rotationPeriod: "1h")
            // There may be no such template, or one that is for other connections.
            case 1, 2:
                role.template = random.pick(["readonly", "readonly", "readgood"])
                role.connection = random.pick([nil, "second"])
            default: role.statements = .init(creation: ["CREATE ROLE x"])
            }
            spec.databaseRoles = [role]
        }
        return spec
    }

    /// The templates of the platform: one for the tenant's connection, one for another's, and one for both that the boundary
    /// does not name.
    static func template(_ name: String, using random: inout SplitMix64) -> DatabaseRoleTemplateSpec {
        var spec = DatabaseRoleTemplateSpec()
        spec.creationStatements = ["CREATE ROLE \(name)"]
        switch name {
        case "readonly": spec.connections = random.pick([["second"], ["second"], ["second", "good"], ["good"]])
        case "readgood": spec.connections = ["good"]
        default: spec.connections = random.pick([nil, ["second", "good"]])
        }
        if random.once(in: 3) { spec.maxTTL = random.pick(["1h", "9000h"]) }
        if random.once(in: 6) { spec.mount = "elsewhere" }
        return spec
    }
}
