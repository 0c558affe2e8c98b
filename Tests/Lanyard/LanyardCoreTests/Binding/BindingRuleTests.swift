import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("BindingPlanner, rules")
struct BindingRuleTests {
    /// One thing that is wrong with a spec.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let because: String
        var kind = SpecViolation.Kind.invalid
        let make: @Sendable (inout VaultRoleBindingSpec) -> Void
        var testDescription: String { "\(field) \(because)" }

        /// Something wrong with the second of two database roles.
        static func database(
            _ field: String, _ because: String, _ make: @escaping @Sendable (inout DatabaseRole) -> Void
        ) -> Wrong {
            Wrong(field: "spec.databaseRoles[1].\(field)", because: because) {
                $0.databaseRoles = [.sample("first"), .sample("second", make)]
            }
        }

        /// Something wrong with the JWT auth role.
        static func jwt(
            _ field: String, _ because: String,
            _ make: @escaping @Sendable (inout VaultRoleBindingSpec.JWTAuth) -> Void
        ) -> Wrong {
            Wrong(field: "spec.jwtAuth.\(field)", because: because) { spec in
                var method = VaultRoleBindingSpec.JWTAuth(audiences: ["vault"])
                make(&method)
                spec.jwtAuth = method
                spec.serviceAccountNames = nil
                spec.workloadIdentityRef = .init(name: "web")
            }
        }

        /// Something wrong with a static role.
        static func fixed(
            _ field: String, _ because: String, _ make: @escaping @Sendable (inout DatabaseRole.Static) -> Void
        ) -> Wrong {
            database(field, because) { role in
                var settings = DatabaseRole.Static(username: "app", rotationPeriod: "1h")
                make(&settings)
                role.statements = nil
                role.static = settings
            }
        }
    }

    private static let subjects: [Wrong] = [
        Wrong(field: "spec.workloadIdentityRef", because: "exactly one of this and spec.serviceAccountNames") {
            $0.serviceAccountNames = nil
        },
        Wrong(field: "spec.workloadIdentityRef", because: "exactly one of this and spec.serviceAccountNames") {
            $0.workloadIdentityRef = .init(name: "web")
        },
        Wrong(field: "spec.workloadIdentityRef.name", because: "name of a WorkloadIdentity") {
            $0.serviceAccountNames = nil
            $0.workloadIdentityRef = .init(name: "../web")
        },
        Wrong(field: "spec.serviceAccountNames", because: "at least one") { $0.serviceAccountNames = [] },
        Wrong(field: "spec.serviceAccountNames", because: "more than 64") {
            $0.serviceAccountNames = (0..<65).map { "web\($0)" }
        },
        Wrong(field: "spec.serviceAccountNames[1]", because: "same as an earlier") {
            $0.serviceAccountNames = ["web", "web"]
        },
        Wrong(field: "spec.serviceAccountNames[0]", because: "without wildcards") { $0.serviceAccountNames = ["*"] },
        Wrong(field: "spec.serviceAccountNames[0]", because: "without wildcards") { $0.serviceAccountNames = ["web*"] },
        Wrong(field: "spec.serviceAccountNames[0]", because: "without wildcards") { $0.serviceAccountNames = ["a,b"] },
        Wrong(field: "spec.serviceAccountNames[0]", because: "without wildcards") { $0.serviceAccountNames = [""] },
    ]

    private static let names: [Wrong] = [
        Wrong(field: "spec.roleName", because: "lower case") { $0.roleName = "Web" },
        Wrong(field: "spec.roleName", because: "must not be empty") { $0.roleName = "" },
        Wrong(field: "spec.roleName", because: "lower case") { $0.roleName = "a/b" },
        Wrong(field: "spec.roleName", because: "operator's own") {
            $0.roleName = "lanyard-operator"
            $0.policyName = "web"
        },
        Wrong(field: "spec.roleName", because: "must begin with lanyard.production.shop.") {
            $0.roleName = "lanyard.production.other.web"
            $0.policyName = "web"
        },
        Wrong(field: "spec.roleName", because: "built-in policy") { $0.roleName = "root" },
        Wrong(field: "spec.policyName", because: "built-in policy") { $0.policyName = "default" },
        Wrong(field: "spec.policyName", because: "operator's own") { $0.policyName = "lanyard-operator" },
        Wrong(field: "spec.policyName", because: "must begin with") { $0.policyName = "lanyard.staging.shop.web" },
        Wrong(field: "spec.policyName", because: "lower case") { $0.policyName = "a,b" },
    ]

    private static let logins: [Wrong] = [
        Wrong(field: "spec.kubernetesAuth.enabled", because: "at least one auth method") {
            $0.kubernetesAuth = .init(enabled: false)
        },
        Wrong(field: "spec.kubernetesAuth.mount", because: "own mounts") { $0.kubernetesAuth = .init(mount: "token") },
        Wrong(field: "spec.kubernetesAuth.mount", because: "mount path") { $0.kubernetesAuth = .init(mount: "a/../b") },
        Wrong(field: "spec.kubernetesAuth.audience", because: "printable") { $0.kubernetesAuth = .init(audience: "é") },
        Wrong(field: "spec.kubernetesAuth.aliasNameSource", because: "serviceaccount_uid") {
            $0.kubernetesAuth = .init(aliasNameSource: "uid")
        },
        Wrong(field: "spec.jwtAuth", because: "needs spec.workloadIdentityRef") {
            $0.jwtAuth = .init(audiences: ["vault"])
        },
        .jwt("audiences", "at least one audience") { $0.audiences = nil },
        .jwt("audiences", "at least one audience") { $0.audiences = [] },
        .jwt("audiences", "more than 16") { $0.audiences = Array(repeating: "vault", count: 17) },
        .jwt("audiences[1]", "without commas") { $0.audiences = ["vault", "a,b"] },
        .jwt("audiences[0]", "blanks at its ends") { $0.audiences = [" vault"] },
        .jwt("audiences[0]", "1 to 1024") { $0.audiences = [""] },
        .jwt("audiences[0]", "printable ASCII") { $0.audiences = ["v\u{00e4}ult"] },
        .jwt("mount", "mount path") { $0.mount = "/jwt/" },
        .jwt("mount", "own mounts") { $0.mount = "token" },
        .jwt("mount", "mount of the Kubernetes auth method") { $0.mount = "kubernetes" },
        Wrong(field: "spec.token.ttl", because: "duration") {
            $0.token = TokenSettings()
            $0.token?.ttl = "soon"
        },
        Wrong(field: "spec.access.kv[0].permissions[0]", because: "must be one of") {
            $0.access = Access(kv: [KVAccess(path: "a", permissions: ["Everything"])])
        },
        Wrong(field: "spec.access.rules[0].path", because: "sys/") {
            $0.access = Access(rules: [AccessRule(path: "sys/policies/acl/x", capabilities: ["update"])])
        },
    ]

    private static let databases: [Wrong] = [
        .database("name", "same as an earlier") {
            $0.name = "first"
            $0.vaultName = "second"
        },
        .database("name", "lower case") { $0.name = "Second" },
        .database("name", "longer than 63") { $0.name = String(repeating: "a", count: 64) },
        .database("vaultName", "same as an earlier") { $0.vaultName = "lanyard.production.shop.web_first" },
        .database("vaultName", "must consist of letters") { $0.vaultName = "a/b" },
        // `a` with the role `b_c` and `a_b` with the role `c` would have the same one.
        Wrong(field: "spec.databaseRoles[0].vaultName", because: "an underscore") { spec in
            spec.roleName = "a_b"
            spec.databaseRoles = [.sample("c")]
        },
        Wrong(field: "spec.policyName", because: "spec.token.extraPolicies") { $0.policyName = "a/b" },
        .database("vaultName", "operator's own") { $0.vaultName = "lanyard-operator" },
        .database("vaultName", "must begin with") { $0.vaultName = "lanyard.production.other.web_first" },
        .database("mount", "own mounts") { $0.mount = "sys" },
        .database("connection", "must not be empty") { $0.connection = nil },
        .database("connection", "letters, digits") { $0.connection = "../config" },
        .database("statements.creation", "must not be empty") { $0.statements = nil },
        .database("statements.creation", "must not be empty") { $0.statements = .init(revocation: ["DROP"]) },
        .database("statements.creation[0]", "must not be empty") { $0.statements = .init(creation: [" \n"]) },
        .database("statements.creation[0]", "longer than") {
            $0.statements = .init(creation: [String(repeating: "x", count: 1_000_000)])
        },
        .database("statements.revocation", "more than 32") {
            $0.statements?.revocation = Array(repeating: "x", count: 33)
        },
        .database("defaultTTL", "longer than maxTTL") {
            $0.defaultTTL = "2h"
            $0.maxTTL = "1h"
        },
        .database("maxTTL", "duration") { $0.maxTTL = "1d" },
        .database("template", "name of a DatabaseRoleTemplate") {
            $0.template = "../x"
            $0.statements = nil
        },
        .database("statements", "with a template") { $0.template = "readwrite" },
        .database("credentialType", "left to the template") {
            $0.template = "readwrite"
            $0.statements = nil
            $0.credentialType = "password"
        },
        .database("credentialType", "must be one of") { $0.credentialType = "x509" },
        .database("credentialConfig", "no place for a secret") {
            $0.credentialType = "client_certificate"
            $0.credentialConfig = ["ca_private_key": "x"]
        },
        .database("statements", "for a static role") { $0.static = .init(username: "app", rotationPeriod: "1h") },
        .database("template", "for a static role") {
            $0.static = .init(username: "app", rotationPeriod: "1h")
            $0.statements = nil
            $0.template = "readwrite"
        },
        .database("maxTTL", "for a static role") {
            $0.static = .init(username: "app", rotationPeriod: "1h")
            $0.statements = nil
            $0.maxTTL = "1h"
        },
        .fixed("static.rotationPeriod", "5s or longer") { $0.rotationPeriod = nil },
        .fixed("static.rotationPeriod", "5s or longer") { $0.rotationPeriod = "4s" },
        .fixed("static.rotationPeriod", "duration") { $0.rotationPeriod = "daily" },
        .fixed("static.username", "must not be empty") { $0.username = "" },
        .fixed("static.username", "letters, digits") { $0.username = "a\" SUPERUSER; --" },
        .fixed("static.username", "letters, digits") { $0.username = "{{name}}" },
        .fixed("static.username", "longer than 128") { $0.username = String(repeating: "a", count: 129) },
        .fixed("static.rotationStatements[0]", "must not be empty") { $0.rotationStatements = [""] },
        Wrong(field: "spec.databaseRoles", because: "more than 64") { spec in
            spec.databaseRoles = (0..<65).map { DatabaseRole.sample("r\($0)") }
        },
    ]

    @Test("one wrong field is the one violation, and names the field", arguments: subjects + names + logins + databases)
    func oneViolation(wrong: Wrong) throws {
        let binding = VaultRoleBinding.sample(wrong.make)
        let subject: SubjectResolution =
            if binding.spec.workloadIdentityRef == nil {
                .serviceAccounts(binding.spec.serviceAccountNames ?? ["web"])
            } else {
                .identity(
                    serviceAccount: "web", spiffeID: try SPIFFEID("spiffe://neural-hive.local/ns/shop/sa/web"))
            }
        let violations = BindingPlanner.desired(for: binding, subject: subject, settings: try .sample()).violations
        #expect(violations.map(\.field) == [wrong.field])
        #expect(violations.first?.kind == wrong.kind)
        #expect(violations.first?.message.contains(wrong.because) == true)
    }

    @Test("a name under the namespace's own prefix is free to choose")
    func ownPrefix() throws {
        let binding = VaultRoleBinding.sample { $0.roleName = "lanyard.production.shop.other" }
        let result = BindingPlanner.desired(
            for: binding, subject: .serviceAccounts(["web"]), settings: try .sample())
        #expect(try result.get().roleName == "lanyard.production.shop.other")
    }

    @Test("all violations are there, in the order of the fields")
    func allViolations() throws {
        let binding = VaultRoleBinding.sample { spec in
            spec.databaseRoles = [.sample { $0.connection = "" }]
            spec.access = Access(kv: [KVAccess(path: "..", permissions: ["Read"])])
            spec.token = TokenSettings()
            spec.token?.ttl = ""
            spec.jwtAuth = .init()
            spec.kubernetesAuth = .init(mount: "")
            spec.policyName = "*"
            spec.roleName = "*"
            spec.serviceAccountNames = ["*"]
        }
        let result = BindingPlanner.desired(for: binding, subject: nil, settings: try .sample())
        #expect(
            result.violatedFields == [
                "spec.serviceAccountNames[0]", "spec.roleName", "spec.policyName", "spec.kubernetesAuth.mount",
                "spec.jwtAuth", "spec.jwtAuth.audiences", "spec.token.ttl", "spec.access.kv[0].path",
                "spec.databaseRoles[0].connection",
            ])
    }
}
