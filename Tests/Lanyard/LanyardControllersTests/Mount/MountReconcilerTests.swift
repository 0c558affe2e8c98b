import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREEmulator
import Testing
import VaultClient
import VaultTesting

@Suite("MountReconciler")
struct MountReconcilerTests {
    private static let connection = "database/config/main"
    private let world: MountWorld

    init() async throws { world = try await MountWorld() }

    private func createDatabase(_ fill: @escaping (inout VaultMountSpec) -> Void = { _ in }) async throws {
        try await world.create("database", .database) { spec in
            var connection = DatabaseMount.Connection(
                name: "main", connectionURL: "postgresql://{{username}}:{{password}}@db:5432/app",
                credentialsSecretRef: .init(name: "db"))
            connection.allowedRoles = ["app-*"]
            spec.database = .init(connections: [connection])
            fill(&spec)
        }
    }

    private func createPKI(
        _ name: String = "pki", _ fill: @escaping (inout VaultMountSpec) -> Void = { _ in }
    )
        async throws
    {
        try await world.create(name, .pki) { spec in
            var role = PKIRoleSpec(name: "services")
            role.allowedDomains = ["svc.cluster.local"]
            (role.ttl, role.maxTTL) = ("168h", "720h")
            spec.tune = .init(maxLeaseTTL: "87600h")
            spec.pki = .init(root: .init(commonName: "Root", ttl: "87600h"), roles: [role])
            fill(&spec)
        }
    }

    private func isReady(_ name: String) async throws -> Bool {
        try await world.condition("Ready", of: name).status == .yes
    }

    // MARK: Making and keeping

    @Test("a mount of each type is made as declared, claimed before it is written, and a second pass writes nothing")
    func allTypes() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "hunter2\n"])
        try await world.store(secret: "reviewer", ["token": "eyJ.a.b"])
        try await world.create("kubernetes", .kubernetes) { spec in
            spec.kubernetes = .init(
                host: "https://10.0.0.1:6443", caCertificate: sampleCertificate,
                reviewerTokenSecretRef: .init(name: "reviewer"),
                disableLocalCAJWT: true)
        }
        try await world.create("jwt", .jwt) { spec in
            spec.jwt = JWTMount()
            spec.jwt?.trust = .spire
        }
        try await createDatabase()
        try await createPKI()
        try await world.create("secret", .kv) { $0.kv = .init(version: 2) }
        let names = ["kubernetes", "jwt", "database", "pki", "secret"]
        for name in names {
            try await world.pass(name)
            let ready = try await world.condition("Ready", of: name)
            #expect(ready.status == .yes, "\(name): \(ready.message)")
            #expect(try await world.mount(name).status?.accessor?.isEmpty == false)
        }
        let mounts = try #require(world.vault.peek("sys/mounts"))
        #expect(mounts["secret/"]?["options"] == ["version": "2"])
        #expect(mounts["pki/"]?["config"]?["max_lease_ttl"] == .integer(87_600 * 3600))
        #expect(world.vault.peek("auth/kubernetes/config")?["token_reviewer_jwt_set"] == true)
        #expect(world.vault.peek("pki/roles/services")?["max_ttl"] == .integer(720 * 3600))
        #expect(world.vault.peek("pki/config/issuers")?["default"] == "issuer-1")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["hunter2"])
        // The claim is stored before the first write to what it claims.
        let calls = world.journal.calls
        let claim = try #require(calls.firstIndex { $0.contains("ownershiprecords") && $0.contains("post") })
        let write = try #require(calls.firstIndex { $0.hasPrefix("vault write sys/auth/kubernetes") })
        #expect(claim < write)

        world.journal.clear()
        for name in names { #expect(try await world.pass(name).priority == .low) }
        #expect(world.writes == [])
        #expect(world.notes("DriftCorrected") == [])
    }

    @Test("what was changed by hand is put back and told, field by field; with Report it is only told")
    func drift() async throws {
        try await createPKI()
        try await world.pass("pki")
        world.vault.foreignWrite("sys/mounts/pki/tune", ["max_lease_ttl": "1h"])
        world.vault.foreignWrite("pki/roles/services", ["allow_any_name": true])
        world.journal.clear()
        try await world.pass("pki")
        #expect(world.writes == ["write sys/mounts/pki/tune", "write pki/roles/services"])
        let notes = world.notes("DriftCorrected")
        #expect(notes.count == 2)
        #expect(notes.contains { $0.contains("max_lease_ttl") } && notes.contains { $0.contains("allow_any_name") })

        try await world.edit("pki") { $0.spec.driftPolicy = .report }
        try await world.pass("pki")
        world.vault.foreignWrite("pki/roles/services", ["allow_any_name": true])
        world.journal.clear()
        try await world.pass("pki")
        #expect(world.writes == [])
        let condition = try await world.condition("ConfigurationSynced", of: "pki")
        #expect(condition.reason == "DriftDetected" && condition.message.contains("allow_any_name"))
    }

    @Test("reported drift hides no failure behind it, which is tried again soon")
    func driftAndFailure() async throws {
        try await createPKI { $0.driftPolicy = .report }
        try await world.pass("pki")
        world.vault.foreignWrite("sys/mounts/pki/tune", ["max_lease_ttl": "1h"])
        try await world.edit("pki") { $0.spec.pki?.roles?[0].maxTTL = "700h" }
        world.journal.fail("vault write pki/roles/services", with: VaultError(.rejected, "refused"))
        await #expect(throws: ConvergenceError.self) { try await world.pass("pki") }
    }

    @Test("a connection whose database does not answer is said of it, once in a pass, and the others are made")
    func slowConnection() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "hunter2"])
        try await createDatabase { spec in
            let first = spec.database?.connections ?? []
            spec.database?.connections =
                first
                + ["second", "third", "fourth"].map { name in
                    var connection = first[0]
                    connection.name = name
                    return connection
                }
        }
        for name in ["main", "third", "fourth"] {
            world.journal.fail("vault write database/config/\(name)", with: VaultError(.slow, "no answer in time"))
        }
        await #expect(throws: ConvergenceError.self) { try await world.pass("database") }
        let condition = try await world.condition("ConfigurationSynced", of: "database")
        #expect(condition.reason == "TimedOut")
        #expect(world.vault.peek("database/config/second") != nil)
        // After two the pass ends in its time.
        #expect(world.writes.count { $0.hasPrefix("write database/config/") } == 3)
    }

    @Test("who fights over a mount is said")
    func fight() async throws {
        try await createPKI()
        try await world.pass("pki")
        for _ in 0..<3 {
            world.vault.foreignWrite("pki/roles/services", ["allow_any_name": true])
            world.clock.advance(by: .seconds(60))
            try await world.pass("pki")
        }
        let condition = try await world.condition("ConfigurationSynced", of: "pki")
        #expect(condition.status == .yes)
        #expect(condition.message.contains("(allow_any_name") && condition.message.contains("3 times"))
    }

    // MARK: Secrets

    @Test("a password is written once for each value of its Secret, and nothing else ever sends it")
    func passwordOnce() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "first"])
        try await createDatabase()
        try await world.pass("database")
        #expect(try await world.poll() == [])
        try await world.edit("database") { $0.spec.database?.connections?[0].allowedRoles = ["other"] }
        try await world.pass("database")
        world.vault.foreignWrite(Self.connection, ["allowed_roles": ["*"], "verify_connection": false])
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["first", nil, nil])

        try await world.store(secret: "db", ["username": "vault", "password": "second"])
        #expect(try await world.poll() == ["database"])
        try await world.pass("database")
        #expect(try await world.poll() == [])
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["first", nil, nil, "second"])
        // The same in a new process, which only has the ledger.
        let next = try await MountWorld(after: world)
        try await next.pass("database")
        #expect(next.writes == [])
        // Nobody who reads about it reads the password.
        let told = try await "\(world.events.all) \(world.mount("database")) \(world.claims()) \(world.journal.calls)"
        #expect(!told.contains("first\"") && !told.contains("second"))
    }

    @Test("a digest key that was lost is no change of the password")
    func lostDigestKey() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "first"])
        try await createDatabase()
        try await world.pass("database")
        let location = ObjectKey(namespace: MountWorld.namespace, name: DigestKeyring.secretName)
        _ = try await world.api.mergePatch(Secret.self, location, ["data": .null])
        world.clock.advance(by: .seconds(1))
        let before = try await world.claims()[Self.connection]?.sourceDigest
        let next = try await MountWorld(after: world)
        try await next.pass("database")
        #expect(next.writes == [])
        let after = try await next.claims()[Self.connection]?.sourceDigest
        #expect(after != before && after != nil)
    }

    @Test("a Secret that is missing is told, and made good when it is there")
    func missingSecret() async throws {
        try await createDatabase()
        try await world.failingPass("database")
        let condition = try await world.condition("ConfigurationSynced", of: "database")
        #expect(condition.reason == "SecretMissing" && condition.message.contains("db"))
        // The mount itself is there.
        #expect(try await world.condition("MountSynced", of: "database").status == .yes)
        #expect(world.vault.peek(Self.connection) == nil)
        try await world.store(secret: "db", ["username": "vault", "password": "first"])
        #expect(try await world.poll() == ["database"])
        try await world.pass("database")
        #expect(try await isReady("database"))
    }

    @Test("a Secret that cannot be read is not taken for one that is missing")
    func unreadableSecret() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "first"])
        try await createDatabase()
        try await world.pass("database")
        world.journal.fail("kube get", with: KubernetesError(.forbidden, "secrets is forbidden"))
        world.journal.clear()
        try await world.failingPass("database")
        #expect(world.writes == [])
        #expect(try await world.condition("ConfigurationSynced", of: "database").reason != "SecretMissing")
        world.journal.heal()
        try await world.pass("database")
        #expect(try await isReady("database"))
    }

    // MARK: Trust

    @Test("a new signing key of SPIRE reaches Vault beside the old one, which stays as long as SPIRE has it")
    func keyRotation() async throws {
        try await world.create("jwt", .jwt) { spec in
            spec.jwt = JWTMount()
            spec.jwt?.trust = .spire
            spec.driftPolicy = .report
        }
        try await world.pass("jwt")
        func keys() -> [JSONValue] {
            world.vault.peek("auth/jwt/config")?["jwt_validation_pubkeys"]?.array ?? []
        }
        let first = keys()
        #expect(first.count == 1)
        #expect(try await world.poll() == [])
        try world.spire.rotateJWTAuthority()
        #expect(try await world.poll() == ["jwt"])
        try await world.pass("jwt")
        #expect(keys().count == 2 && keys().contains(first[0]))
        #expect(try await isReady("jwt"))
        try world.spire.rotateJWTAuthority(keepsOld: false)
        #expect(try await world.poll() == ["jwt"])
        try await world.pass("jwt")
        #expect(keys().count == 1 && !keys().contains(first[0]))
        #expect(world.notes("DriftCorrected") == [])
    }

    // MARK: Ownership

    @Test("a mount of another type at that path is left alone")
    func foreignType() async throws {
        world.vault.foreignWrite("sys/mounts/pki", ["type": "kv", "description": "theirs"])
        try await createPKI()
        try await world.failingPass("pki")
        #expect(try await world.condition("MountSynced", of: "pki").reason == "Conflict")
        #expect(world.writes == [])
        #expect(world.vault.peek("sys/mounts/pki")?["description"] == "theirs")
    }

    @Test("an equal mount is claimed; one that differs is a conflict unless it is to be adopted")
    func adoption() async throws {
        world.vault.foreignWrite("sys/mounts/secret", ["type": "kv", "options": ["version": "2"]])
        world.vault.foreignWrite("sys/mounts/other", ["type": "kv", "description": "theirs"])
        try await world.create("secret", .kv) { $0.kv = .init(version: 2) }
        try await world.create("other", .kv) { $0.kv = .init(version: 1) }
        try await world.pass("secret")
        #expect(world.writes == [])
        #expect(try await world.claims()["sys/mounts/secret"]?.accessor == nil)
        try await world.failingPass("other")
        #expect(try await world.condition("MountSynced", of: "other").reason == "Conflict")
        try await world.edit("other") { $0.metadata.annotations = ["lanyard.dev/adopt": "true"] }
        try await world.pass("other")
        #expect(world.vault.peek("sys/mounts/other")?["description"] == "")
        #expect(try await isReady("other"))
    }

    @Test("of two VaultMounts for one path the older has it, and the other takes over when it goes")
    func twoForOne() async throws {
        try await world.create("a", .kv) { $0.path = "shared" }
        try await world.create("b", .kv) { $0.path = "shared" }
        try await world.failingPass("b")
        #expect(try await world.condition("MountSynced", of: "b").reason == "Conflict")
        try await world.pass("a")
        try await world.failingPass("b")
        #expect(try await world.condition("MountSynced", of: "b").message.contains("VaultMount a"))
        try await world.delete("a")
        try await world.pass("a")
        try await world.pass("b")
        #expect(try await isReady("b"))
    }

    // MARK: Authority

    @Test("an authority is made once: not again after a crash in the midst, and not when its description changes")
    func authorityOnce() async throws {
        try await createPKI()
        // The answer of the generation is lost, and the process with it.
        world.journal.fail("vault read pki/config/issuers", with: VaultError(.unavailable, "crash"))
        try await world.pass("pki")
        let made = world.vault.changes.count { $0.path == "pki/root/generate/internal" && $0.status == 200 }
        #expect(made == 1)
        let next = try await MountWorld(after: world)
        try await next.pass("pki")
        #expect(try await next.condition("Ready", of: "pki").status == .yes)
        try await next.edit("pki") { $0.spec.pki?.root?.commonName = "Another" }
        try await next.failingPass("pki")
        #expect(try await next.condition("ConfigurationSynced", of: "pki").reason == "NeedsRecreate")
        #expect(next.vault.changes.count { $0.path == "pki/root/generate/internal" } == 1)
    }

    @Test("when the answer of the generation is lost, the next pass finds what it made")
    func lostAnswer() async throws {
        try await createPKI()
        let vault = world.vault
        world.journal.before("vault submit pki/root/generate/internal") {
            _ = try await vault.submit(
                "pki/root/generate/internal",
                CertificateAuthority(mount: "pki", commonName: "Root", ttl: 87_600 * 3600).rootBody)
            throw VaultError(.unavailable, "lost")
        }
        try await world.failingPass("pki")
        let next = try await MountWorld(after: world)
        try await next.pass("pki")
        #expect(try await next.condition("Ready", of: "pki").status == .yes)
        #expect(next.vault.changes.count { $0.path == "pki/root/generate/internal" && $0.status == 200 } == 1)
    }

    @Test("an intermediate is signed by another mount, and an attempt that was cut off is taken up again")
    func intermediate() async throws {
        try await createPKI()
        try await world.pass("pki")
        try await createPKI("services") { spec in
            spec.pki = .init(intermediate: .init(signedBy: "pki", commonName: "Services", ttl: "8760h"))
        }
        world.journal.fail("vault submit pki/root/sign-intermediate", with: VaultError(.unavailable, "away"))
        try await world.failingPass("services")
        world.journal.heal()
        let next = try await MountWorld(after: world)
        try await next.pass("services")
        #expect(try await next.condition("Ready", of: "services").status == .yes)
        #expect(next.vault.changes.count { $0.path == "services/intermediate/generate/internal" } == 1)
        #expect(next.vault.changes.count { $0.path == "services/intermediate/generate/existing" } == 1)
        #expect(next.vault.peek("services/issuer/default")?["issuer_name"]?.string?.isEmpty == false)
    }

    // MARK: End

    @Test("by default a deletion leaves everything, and asks Vault nothing")
    func orphan() async throws {
        try await createPKI()
        try await world.pass("pki")
        world.journal.fail("vault", with: VaultError(.sealed, "sealed"))
        world.journal.clear()
        try await world.delete("pki")
        try await world.pass("pki")
        #expect(try await world.api.get(VaultMount.self, ObjectKey(namespace: nil, name: "pki")) == nil)
        #expect(try await world.claims().isEmpty)
        #expect(world.vault.peek("sys/mounts/pki") != nil)
        #expect(world.notes("Orphaned").count == 1)
    }

    @Test("with Delete a mount that was made is disabled; one that was found stays, and only its claimed roles go")
    func delete() async throws {
        try await createPKI { $0.deletionPolicy = .delete }
        try await world.pass("pki")
        try await world.delete("pki")
        try await world.pass("pki")
        #expect(world.vault.peek("sys/mounts/pki") == nil)

        world.vault.foreignWrite("sys/mounts/found", ["type": "pki"])
        world.vault.foreignWrite("found/roles/theirs", ["allow_any_name": true])
        try await createPKI("found") { spec in
            spec.tune = nil
            spec.pki?.root = nil
            spec.deletionPolicy = .delete
        }
        try await world.pass("found")
        try await world.delete("found")
        try await world.pass("found")
        #expect(world.vault.peek("sys/mounts/found") != nil)
        #expect(world.vault.peek("found/roles/services") == nil)
        #expect(world.vault.peek("found/roles/theirs") != nil)
        #expect(try await world.claims().isEmpty)
    }

    @Test("with Delete while Vault is away the object stays, and says how to let go of it")
    func deleteWhileAway() async throws {
        try await createPKI { $0.deletionPolicy = .delete }
        try await world.pass("pki")
        world.journal.fail("vault", with: VaultError(.sealed, "sealed"))
        try await world.delete("pki")
        try await world.failingPass("pki")
        let condition = try await world.condition("MountSynced", of: "pki")
        #expect(condition.reason == "VaultSealed" && condition.message.contains("Orphan"))
        try await world.edit("pki") { $0.spec.deletionPolicy = .orphan }
        try await world.pass("pki")
        #expect(try await world.api.get(VaultMount.self, ObjectKey(namespace: nil, name: "pki")) == nil)
    }

    @Test("a paused VaultMount is not touched, and nothing is written by who does not lead")
    func pausedAndFenced() async throws {
        try await createPKI { _ in }
        try await world.edit("pki") { $0.metadata.annotations = ["lanyard.dev/paused": "true"] }
        try await world.pass("pki")
        #expect(world.writes == [])
        #expect(try await world.condition("Ready", of: "pki").reason == "Paused")
        try await world.edit("pki") { $0.metadata.annotations = nil }
        world.journal.isFenced = true
        try await world.failingPass("pki")
        #expect(world.vault.changes.isEmpty)
    }
}

extension CertificateAuthority {
    /// The body with which a root is generated.
    var rootBody: JSONValue {
        guard case .root(_, let body, _) = request(hasKey: false) else { return [:] }
        return body
    }
}

/// A certificate that parses.
let sampleCertificate = """
    -----BEGIN CERTIFICATE-----
    MIIBiTCCAS+gAwIBAgIUM8ZzURRiRLySHXR7iL5qqp4PzHswCgYIKoZIzj0EAwIw
    GjEYMBYGA1UEAwwPbGFueWFyZC10ZXN0LWNhMB4XDTI2MTEyNDE5NDEzN1oXDTM2
    MTEyMTE5NDEzN1owGjEYMBYGA1UEAwwPbGFueWFyZC10ZXN0LWNhMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAE9cWZgNjaUuE0Vg9qio6nNaaqGf/gdGd/ZM7OprI+
    rPdAlPLkqzL/3SYLnP6uB1tBMcFxzrGtWWp69GwAUBjfpqNTMFEwHQYDVR0OBBYE
    FF3YXntnEWa2DbAVnX5UnaGcjG3VMB8GA1UdIwQYMBaAFF3YXntnEWa2DbAVnX5U
    naGcjG3VMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIga3zqmNdR
    9X9h7LR3gFJAwtQUGzhZkDoJ1Uk9dlslPzsCIQCaIXirBXecIzFEOvnqP5CsY/mv
    17Mri/GiFWCbYEZvuA==
    -----END CERTIFICATE-----
    """
