import ControllerRuntime
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// `Ready` means usable: the operator looks at what a binding takes for granted, as far as it may.
@Suite("BindingReconciler: what an access takes for granted")
struct AccessSurveyTests {
    private let lanyard: TestOperator

    init() async throws {
        lanyard = try await TestOperator(surveys: true)
        let vault = lanyard.world.vault
        for path in ["sys/mounts", "auth/kubernetes/config", "auth/jwt/config", "pki/roles/web"] {
            vault.rights[path] = ["read"]
        }
        vault.foreignWrite("sys/mounts/secret", ["type": "kv", "options": ["version": "2"]])
        vault.foreignWrite(
            "auth/kubernetes/config",
            ["kubernetes_host": "https://k", "kubernetes_ca_cert": .string(sampleCertificate)])
    }

    private static func kv(_ mount: String = "secret") -> Access {
        Access(kv: [KVAccess(mount: mount, path: "shop/*", permissions: ["Read"])])
    }

    private func ready(_ name: String = "web") async throws -> Condition {
        try await lanyard.condition("Ready", ofBinding: name)
    }

    @Test("without an engine the policy is written, and the binding says what is missing until it is there")
    func missingMount() async throws {
        try await lanyard.create(binding: "web") { $0.access = Self.kv("missing") }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let condition = try await lanyard.condition("PolicySynced", ofBinding: "web")
        #expect(condition.reason == "MountMissing" && condition.message.hasPrefix("spec.access.kv[0].mount: "))
        #expect(try await ready().reason == "MountMissing")
        #expect(lanyard.world.vault.peek("sys/policies/acl/web") != nil)
        #expect(lanyard.world.vault.peek("auth/kubernetes/role/web") != nil)

        lanyard.world.vault.foreignWrite("sys/mounts/missing", ["type": "kv"])
        lanyard.clock.advance(by: .seconds(11))
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await ready().reason == "MountMismatch")
        #expect(lanyard.news == 1)
        lanyard.world.vault.foreignDelete("sys/mounts/missing")
        lanyard.world.vault.foreignWrite("sys/mounts/missing", ["type": "kv", "options": ["version": "2"]])
        lanyard.clock.advance(by: .seconds(11))
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "web")
        #expect(try await ready().status == .yes)
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(lanyard.notes("DriftCorrected").isEmpty)
    }

    @Test("what is changed by hand meanwhile is drift all the same")
    func drift() async throws {
        try await lanyard.create(binding: "web") {
            $0.access = Self.kv("missing")
            $0.driftPolicy = .report
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        lanyard.world.vault.foreignWrite("auth/kubernetes/role/web", ["token_ttl": "1h"])
        _ = try? await lanyard.reconcile(binding: "web")
        #expect(try await lanyard.condition("AuthRolesSynced", ofBinding: "web").reason == "DriftDetected")
    }

    @Test("one look serves all bindings for some seconds, and one question about rights for minutes")
    func cheap() async throws {
        for name in ["a", "b", "c"] {
            try await lanyard.create(binding: name) {
                $0.roleName = name
                $0.access = Self.kv()
                $0.databaseRoles = [.sample()]
            }
        }
        func calls(_ call: String) -> Int { lanyard.journal.calls.count { $0 == "vault \(call)" } }
        for _ in 0..<3 {
            for name in ["a", "b", "c"] { try await lanyard.reconcile(binding: name) }
        }
        #expect(calls("read sys/mounts") == 1 && calls("read auth/kubernetes/config") == 1)
        #expect(calls("submit sys/capabilities-self") == 1)
        lanyard.clock.advance(by: .seconds(11))
        for name in ["a", "b", "c"] { try await lanyard.reconcile(binding: name) }
        #expect(calls("read sys/mounts") == 2 && calls("submit sys/capabilities-self") == 1)
        let connections = calls("read database/config/good")
        try await lanyard.reconcile(binding: "a")
        #expect(calls("read database/config/good") == connections)
        lanyard.survey?.expire()
        try await lanyard.reconcile(binding: "a")
        #expect(calls("read sys/mounts") == 3 && calls("read database/config/good") == connections + 1)
        #expect(lanyard.news == 0)
    }

    @Test("what the operator may not read it does not try to, and says nothing of")
    func blind() async throws {
        lanyard.world.vault.rights = [:]
        try await lanyard.create(binding: "web") { spec in
            spec.access = Access(
                kv: Self.kv("missing").kv, pki: [PKIAccess(role: "web", operations: ["Issue"])])
        }
        try await lanyard.reconcile(binding: "web")
        #expect(try await ready().status == .yes)
        for path in ["sys/mounts", "pki/roles/web", "auth/kubernetes/config"] {
            #expect(!lanyard.journal.calls.contains("vault read \(path)"), "\(path)")
        }
    }

    @Test("what cannot be read now is not taken for absent")
    func unreadable() async throws {
        try await lanyard.create(binding: "web") { $0.access = Self.kv("missing") }
        lanyard.journal.fail("vault read sys/mounts", with: VaultError(.unavailable, "away"))
        lanyard.journal.fail("vault read auth/kubernetes/config", with: VaultError(.malformedAnswer, "strange"))
        try await lanyard.reconcile(binding: "web")
        #expect(try await ready().status == .yes)
        lanyard.journal.heal()
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await ready().reason == "MountMissing")
    }

    @Test("while the server does not say what may be read, nothing is")
    func unknownRights() async throws {
        try await lanyard.create(binding: "web") { $0.access = Self.kv("missing") }
        lanyard.journal.fail("vault submit sys/capabilities-self", with: VaultError(.permissionDenied, "denied"))
        for _ in 0..<3 { try await lanyard.reconcile(binding: "web") }
        #expect(try await ready().status == .yes)
        // Once a minute is enough to ask.
        #expect(lanyard.journal.calls.count { $0 == "vault submit sys/capabilities-self" } == 1)
    }

    @Test("a PKI role that is not there is said, and so is an auth method that nobody can log in to")
    func targets() async throws {
        lanyard.world.vault.foreignWrite("sys/mounts/pki", ["type": "pki"])
        try await lanyard.create(identity: "web")
        try await lanyard.reconcile(identity: "web")
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
            spec.access = Access(pki: [PKIAccess(role: "web", operations: ["Issue"])])
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        #expect(try await lanyard.condition("PolicySynced", ofBinding: "web").reason == "TargetMissing")
        let auth = try await lanyard.condition("AuthRolesSynced", ofBinding: "web")
        #expect(auth.reason == "MountUnconfigured" && auth.message.hasPrefix("auth/jwt "))
        lanyard.world.vault.foreignWrite("pki/roles/web", ["allow_any_name": true])
        lanyard.world.vault.foreignWrite("auth/jwt/config", ["jwks_url": "https://keys"])
        lanyard.clock.advance(by: .seconds(11))
        try await lanyard.reconcile(binding: "web")
        #expect(try await ready().status == .yes)
    }

    @Test("a right that the deletion needs is missed long before it, and seen a minute after it was granted")
    func revocation() async throws {
        let path = "sys/leases/revoke-prefix/database/creds/web_main"
        try await lanyard.create(binding: "web") { spec in
            spec.revokeLeasesOnDelete = true
            var role = DatabaseRole(name: "main")
            role.connection = "good"
            role.statements = .init(creation: ["CREATE ROLE \"{{name}}\""])
            spec.databaseRoles = [role]
        }
        await #expect(throws: ConvergenceError.self) { try await lanyard.reconcile(binding: "web") }
        let condition = try await lanyard.condition("DatabaseRolesSynced", ofBinding: "web")
        #expect(condition.reason == "PermissionDenied" && condition.message.contains(path))
        #expect(lanyard.world.vault.peek("database/roles/web_main") != nil)
        lanyard.world.vault.rights[path] = ["update", "sudo"]
        lanyard.clock.advance(by: .seconds(61))
        try await lanyard.reconcile(binding: "web")
        #expect(try await ready().status == .yes)
    }
}
