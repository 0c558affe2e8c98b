import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// What happens to a mount after it was made: settings that are taken out of the spec, users that change, and who is told.
@Suite("Mounts, after they were made")
struct MountUpkeepTests {
    private static let connection = "database/config/main"
    private let world: MountWorld

    init() async throws { world = try await MountWorld() }

    private func createDatabase(_ fill: (inout VaultMountSpec) -> Void = { _ in }) async throws {
        try await world.create("database", .database) { spec in
            spec.database = .init(connections: [Self.connection(named: "main")])
            fill(&spec)
        }
    }

    private static func connection(named name: String) -> DatabaseMount.Connection {
        DatabaseMount.Connection(
            name: name, connectionURL: "postgresql://{{username}}:{{password}}@db:5432/app",
            credentialsSecretRef: .init(name: "db"))
    }

    // MARK: Taken away

    @Test("URLs that are taken out of the spec go from Vault, and the reconciler itself sees to that")
    func urls() async throws {
        try await world.create("pki", .pki) { spec in
            spec.pki = .init(urls: .init(issuingCertificates: ["https://vault.example/ca"]))
        }
        try await world.pass("pki")
        #expect(world.vault.peek("pki/config/urls")?["issuing_certificates"] == ["https://vault.example/ca"])
        try await world.edit("pki") { $0.spec.pki?.urls = nil }
        try await world.pass("pki")
        #expect(world.vault.peek("pki/config/urls")?["issuing_certificates"] == [])
        #expect(try await world.condition("Ready", of: "pki").status == .yes)
        // What somebody writes there by hand is put back as long as the claim stands.
        world.vault.foreignWrite("pki/config/urls", ["issuing_certificates": ["https://elsewhere.example/ca"]])
        try await world.pass("pki")
        #expect(world.vault.peek("pki/config/urls")?["issuing_certificates"] == [])
        world.journal.clear()
        try await world.pass("pki")
        #expect(world.writes == [])
    }

    @Test("what another VaultMount claims as well, as after a restore, is left to that one")
    func sharedClaim() async throws {
        try await world.create("web", .kv) { $0.deletionPolicy = .delete }
        try await world.pass("web")
        let record = OwnershipRecord(
            metadata: ObjectMeta(name: "restored", namespace: MountWorld.namespace),
            spec: .init(
                owner: .init(kind: "VaultMount", namespace: "", name: "restored", uid: "9"),
                claims: [.init(path: "sys/mounts/web", claimedAt: "2030-01-01T00:00:00Z")]))
        _ = try await world.api.create(record)
        try await world.ledger.load()
        try await world.delete("web")
        try await world.pass("web")
        #expect(world.vault.peek("sys/mounts/web") != nil)
        #expect(world.ledger.holder(of: "sys/mounts/web")?.name == "restored")
    }

    // MARK: Passes that come to an end early

    @Test("a VaultMount that is refused says so while it is paused, and nothing is touched")
    func refusedWhilePaused() async throws {
        try await world.create("pki", .pki) { $0.pki = .init(root: .init(commonName: "Root", ttl: "87600h")) }
        try await world.pass("pki")
        world.journal.clear()
        try await world.edit("pki") { mount in
            mount.metadata.annotations = ["lanyard.dev/paused": "true"]
            mount.spec.tune = .init(maxLeaseTTL: "soon")
        }
        try await world.pass("pki")
        #expect(try await world.condition("Ready", of: "pki").reason == "InvalidSpec")
        #expect(world.writes == [])
    }

    @Test("a role that cannot be deleted holds up no other one")
    func stuckRole() async throws {
        try await world.create("pki", .pki) { spec in
            let roles = ["a", "b"].map { name in
                var role = PKIRoleSpec(name: name)
                role.allowedDomains = ["svc.cluster.local"]
                (role.ttl, role.maxTTL) = ("168h", "720h")
                return role
            }
            spec.tune = .init(maxLeaseTTL: "87600h")
            spec.pki = .init(root: .init(commonName: "Root", ttl: "87600h"), roles: roles)
        }
        try await world.pass("pki")
        world.journal.fail("vault delete pki/roles/a", with: VaultError(.permissionDenied, "permission denied"))
        try await world.edit("pki") { $0.spec.pki?.roles = [] }
        try await world.failingPass("pki")
        #expect(world.vault.peek("pki/roles/a") != nil)
        #expect(world.vault.peek("pki/roles/b") == nil)
        #expect(try await world.condition("MountSynced", of: "pki").message.hasPrefix("pki/roles/a: "))
    }

    // MARK: Namesakes

    @Test("what a namesake of a VaultMount has is not disabled for the one in the cache")
    func namesakeBehindCache() async throws {
        let key = ObjectKey(namespace: nil, name: "pki")
        func create() async throws {
            try await world.create("pki", .pki) { spec in
                spec.pki = .init()
                spec.deletionPolicy = .delete
            }
        }
        try await create()
        try await world.pass("pki")
        try await world.delete("pki")
        try await world.see()
        _ = try await world.api.patch(
            VaultMount.self, key, JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
        try await create()
        try await world.edit("pki") { $0.metadata.finalizers = [LanyardGroup.cleanupFinalizer] }
        #expect(try await world.reconciler.reconcile(key) == .done)
        #expect(world.vault.peek("sys/mounts/pki") != nil)
        #expect(try await world.mount("pki").metadata.deletionTimestamp == nil)
    }

    @Test("a namesake of a VaultMount that vanished was never converged, and nothing is remembered of what is gone")
    func namesake() async throws {
        func create() async throws {
            try await world.create("pki", .pki) { spec in
                spec.tune = .init(maxLeaseTTL: "87600h")
                spec.pki = .init(root: .init(commonName: "Root", ttl: "87600h"))
            }
        }
        func lose() async throws {
            _ = try await world.api.patch(
                VaultMount.self, ObjectKey(namespace: nil, name: "pki"),
                JSONPatch([.replace(path: "/metadata/finalizers", value: [])]))
            try await world.delete("pki")
        }
        try await create()
        try await world.pass("pki")
        #expect(world.reconciler.rememberedCount == 2)
        try await lose()
        world.vault.foreignWrite("sys/mounts/pki/tune", ["max_lease_ttl": "1h"])
        try await create()
        world.journal.clear()
        try await world.pass("pki")
        #expect(world.writes == ["write sys/mounts/pki/tune"])
        #expect(world.notes("DriftCorrected") == [])
        #expect(world.reconciler.rememberedCount == 2)
        try await lose()
        try await world.pass("pki")
        #expect(world.reconciler.rememberedCount == 0)
    }

    // MARK: Users

    @Test("the password of a new user goes with the user, when a connection is taken over and when it is put back")
    func newUser() async throws {
        world.vault.foreignWrite("sys/mounts/database", ["type": "database"])
        world.vault.foreignWrite(
            Self.connection,
            [
                "plugin_name": "postgresql-database-plugin", "username": "old", "password": "old-secret",
                "connection_url": "postgresql://{{username}}:{{password}}@db:5432/app",
            ])
        try await world.store(secret: "db", ["username": "new", "password": "new-secret"])
        try await createDatabase()
        try await world.edit("database") { $0.metadata.annotations = ["lanyard.dev/adopt": "true"] }
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["new-secret"])
        world.vault.foreignWrite(Self.connection, ["username": "old", "password": "old-secret"])
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["new-secret", "new-secret"])
        // What concerns no user never brings it along: Vault may have rotated it.
        world.vault.foreignWrite(Self.connection, ["allowed_roles": ["*"]])
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["new-secret", "new-secret", nil])
    }

    @Test("a password that Vault refused when it was taken over is sent again, though its digest is recorded already")
    func refusedUser() async throws {
        world.vault.foreignWrite("sys/mounts/database", ["type": "database"])
        world.vault.foreignWrite(
            Self.connection,
            [
                "plugin_name": "postgresql-database-plugin", "username": "old", "password": "old-secret",
                "connection_url": "postgresql://{{username}}:{{password}}@db:5432/app",
            ])
        try await world.store(secret: "db", ["username": "new", "password": "new-secret"])
        try await createDatabase()
        try await world.edit("database") { $0.metadata.annotations = ["lanyard.dev/adopt": "true"] }
        world.journal.fail("vault write \(Self.connection)", with: VaultError(.rejected, "the database is away"))
        try await world.failingPass("database")
        world.journal.heal()
        try await world.pass("database")
        #expect(world.bodies(Self.connection).map { $0["password"] } == ["new-secret"])
    }

    // MARK: Who is told

    @Test("every write of a mount that is Ready already wakes who waits, and a pass that writes nothing wakes nobody")
    func wakes() async throws {
        try await world.store(secret: "db", ["username": "vault", "password": "first"])
        try await createDatabase()
        try await world.pass("database")
        #expect(world.wakings == 1)
        try await world.pass("database")
        #expect(world.wakings == 1)
        try await world.edit("database") { $0.spec.database?.connections?.append(Self.connection(named: "second")) }
        try await world.pass("database")
        #expect(world.wakings == 2)
        try await world.edit("database") { $0.spec.database?.connections?[0].allowedRoles = ["lanyard.*"] }
        try await world.pass("database")
        #expect(world.wakings == 3)
        // What became of the rest does not matter to who waits for this part.
        try await world.edit("database") { mount in
            mount.spec.database?.connections?[0].allowedRoles = ["*"]
            mount.spec.database?.connections?[1].credentialsSecretRef.name = "missing"
        }
        try await world.failingPass("database")
        #expect(world.wakings == 4)
    }

    // MARK: In use

    /// A binding of `shop` that is admitted, with this access.
    private static func binding(
        _ name: String, _ fill: (inout VaultRoleBinding) -> Void = { _ in }
    ) -> VaultRoleBinding {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.access = Access(kv: [KVAccess(path: "shop/*", permissions: ["Read"])])
        var binding = VaultRoleBinding(metadata: ObjectMeta(name: name, namespace: "shop"), spec: spec)
        fill(&binding)
        return binding
    }

    private func see(_ version: String, _ bindings: VaultRoleBinding...) {
        _ = world.bindings.replace(with: bindings, resourceVersion: ResourceVersion(version))
    }

    @Test("a mount that bindings use is not disabled, and goes when they are gone")
    func inUse() async throws {
        try await world.create("secret", .kv) { $0.deletionPolicy = .delete }
        try await world.pass("secret")
        see("1", Self.binding("a"), Self.binding("b"), Self.binding("c"), Self.binding("d"))
        try await world.delete("secret")
        try await world.failingPass("secret")
        let condition = try await world.condition("MountSynced", of: "secret")
        #expect(condition.reason == "MountInUse")
        #expect(condition.message.contains("shop/a, shop/b, shop/c and 1 more"))
        #expect(world.vault.peek("sys/mounts/secret") != nil)
        // Those that go themselves, use something else, or are not allowed to, keep nobody.
        see(
            "2", Self.binding("a") { $0.metadata.deletionTimestamp = "2026-01-01T00:00:00Z" },
            Self.binding("b") { $0.spec.access?.kv?[0].mount = "missing" },
            Self.binding("c") { $0.spec.access?.kv?[0].path = "/" },
            Self.binding("d") {
                $0.spec.token = TokenSettings()
                $0.spec.token?.extraPolicies = ["root"]
            })
        try await world.pass("secret")
        #expect(world.vault.peek("sys/mounts/secret") == nil)
    }

    @Test(
        "a binding that is refused, or cannot be read, keeps the mount as long as it has something",
        arguments: [
            ("outside", "sys/policies/acl/a", true), ("invalid", "secret/roles/a", true),
            ("invalid", "sys/policies/acl/a", true), ("invalid", "secret-2/roles/a", false),
            ("undecodable", "sys/policies/acl/a", true), ("elsewhere", "sys/policies/acl/a", false),
            ("elsewhere", "secret/roles/a", true),
        ])
    func inUseOfRefused(why: String, held: String, keeps: Bool) async throws {
        try await world.create("secret", .kv) { $0.deletionPolicy = .delete }
        try await world.pass("secret")
        let owner = OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "shop", name: "a", uid: "1")
        _ = try await world.ledger.claim([held], for: owner)
        if why == "undecodable" {
            _ = world.bindings.replace(
                with: [],
                undecodable: [
                    UndecodableObject(
                        key: ObjectKey(namespace: "shop", name: "a"), resourceVersion: ResourceVersion("1"),
                        reason: "no spec")
                ], resourceVersion: ResourceVersion("1"))
        } else {
            let refused = Self.binding("a") { binding in
                switch why {
                case "outside":
                    binding.spec.token = TokenSettings()
                    binding.spec.token?.extraPolicies = ["unlisted"]
                case "invalid": binding.spec.access?.kv?[0].path = "/"
                default:
                    binding.spec.token = TokenSettings()
                    binding.spec.token?.extraPolicies = ["unlisted"]
                    binding.spec.access?.kv?[0].mount = "elsewhere"
                }
            }
            see("1", refused)
        }
        try await world.delete("secret")
        guard keeps else {
            try await world.pass("secret")
            #expect(world.vault.peek("sys/mounts/secret") == nil)
            return
        }
        try await world.failingPass("secret")
        #expect(try await world.condition("MountSynced", of: "secret").reason == "MountInUse")
        #expect(world.vault.peek("sys/mounts/secret") != nil)
        try await world.ledger.release([held], of: owner, wasMade: false)
        try await world.pass("secret")
        #expect(world.vault.peek("sys/mounts/secret") == nil)
    }

    @Test("what is only to be left behind asks nobody")
    func orphanInUse() async throws {
        try await world.create("secret", .kv)
        try await world.pass("secret")
        see("1", Self.binding("a"))
        try await world.delete("secret")
        try await world.pass("secret")
        #expect(world.vault.peek("sys/mounts/secret") != nil)
    }

    // MARK: Made and not recorded

    /// A first pass over the mount `team` that enables it, and is told something else.
    private func enable(butSee error: VaultError) async throws {
        try await world.create("team", .kv) { $0.deletionPolicy = .delete }
        let (vault, uid) = (world.vault, try await world.uid("team"))
        world.journal.before("vault write sys/mounts/team") {
            _ = try await vault.write(
                "sys/mounts/team",
                [
                    "type": "kv", "options": ["version": "2"],
                    "description": .string("Lanyard is making this for the VaultMount \(uid)"),
                ])
            throw error
        }
        try await world.failingPass("team")
    }

    @Test("a mount whose enabling was not answered is known again, and deleted when it is to be")
    func lostReply() async throws {
        try await enable(butSee: VaultError(.unavailable, "lost"))
        #expect(try await world.claims()["sys/mounts/team"]?.accessor == nil)
        try await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team")?["description"] == "")
        #expect(try await world.claims()["sys/mounts/team"]?.accessor != nil)
        #expect(world.notes("DriftCorrected") == [])
        try await world.delete("team")
        try await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team") == nil)
    }

    @Test("a mount whose enabling came through after it was tried again is known by its mark")
    func lateReply() async throws {
        // The first one has come through by now, and this one is too late.
        try await enable(butSee: VaultError(.rejected, "path is already in use"))
        #expect(try await world.claims()["sys/mounts/team"] == nil)
        try await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team")?["description"] == "")
        #expect(try await world.claims()["sys/mounts/team"]?.accessor != nil)
        try await world.delete("team")
        try await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team") == nil)
    }

    @Test("a mount that is not recorded yet when its VaultMount is deleted goes with it")
    func deletedBeforeRecorded() async throws {
        try await world.create("team", .kv) { $0.deletionPolicy = .delete }
        // The claim and the enabling are its last calls.
        world.journal.before("vault write sys/mounts/team") { [journal = world.journal] in journal.crash(after: 0) }
        _ = try? await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team") != nil)
        let next = try await MountWorld(after: world)
        try await next.delete("team")
        try await next.pass("team")
        #expect(next.vault.peek("sys/mounts/team") == nil)
    }

    @Test("an equal mount that somebody else made between the claim and the enabling is never disabled")
    func somebodyElses() async throws {
        try await world.create("team", .kv) { $0.deletionPolicy = .delete }
        world.journal.fail("vault write sys/mounts/team", with: VaultError(.unavailable, "never arrived"))
        try await world.failingPass("team")
        #expect(try await world.claims()["sys/mounts/team"] != nil)
        world.journal.heal()
        world.vault.foreignWrite("sys/mounts/team", ["type": "kv", "options": ["version": "2"]])
        try await world.pass("team")
        #expect(try await world.claims()["sys/mounts/team"]?.accessor == nil)
        try await world.delete("team")
        try await world.pass("team")
        #expect(world.vault.peek("sys/mounts/team") != nil)
    }
}
