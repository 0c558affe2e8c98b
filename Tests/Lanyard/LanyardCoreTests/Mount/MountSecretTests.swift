import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("Secrets and keys of a MountPlan")
struct MountSecretTests {
    private static let connection = "web/config/orders"
    private static let configuration = "auth/web/config"
    private static let reviewed = VaultMount.sample(.kubernetes) {
        $0.kubernetes?.reviewerTokenSecretRef = .init(name: "reviewer")
    }

    private func isUpdate(_ action: VaultObjectAction?, of fields: [String], isDrift: Bool) -> Bool {
        guard case .update(let differences, let found) = action else { return false }
        return differences.map(\.field) == fields && found == isDrift
    }

    @Test("a password goes with the body that makes the connection, and with no other one")
    func password() throws {
        var world = MountWorld()
        #expect(try world.apply(world.plan(.sample(.database))).last?.secrets == ["password"])
        world.wasConverged = true
        #expect(world.stored[Self.connection]?["connection_details"]?["username"] == "vault")
        world.stored[Self.connection]?["allowed_roles"] = ["*"]
        let plan = try world.plan(.sample(.database))
        #expect(isUpdate(plan.action(Self.connection), of: ["allowed_roles"], isDrift: true))
        #expect(world.apply(plan).map(\.secrets) == [[]])
        #expect(try !world.plan(.sample(.database)).writes)
    }

    @Test("a Secret that changed is written once, and is no drift", arguments: [DriftPolicy.correct, .report])
    func changed(policy: DriftPolicy) throws {
        let mount = VaultMount.sample(.database) { $0.driftPolicy = policy }
        var world = MountWorld()
        try world.converge(mount)
        world.secrets[.password] = .found(digest: "p2", text: nil)
        let plan = try world.plan(mount)
        #expect(isUpdate(plan.action(Self.connection), of: ["password"], isDrift: false))
        #expect(world.apply(plan).map(\.secrets) == [["password"]])
        #expect(try !world.plan(mount).writes)
    }

    @Test("a user name brings its password along, whoever changed it: the one that is stored is another user's")
    func username() throws {
        var world = MountWorld()
        try world.converge(.sample(.database))
        world.stored[Self.connection]?["connection_details"]?["username"] = "mallory"
        let drift = try world.plan(.sample(.database))
        #expect(isUpdate(drift.action(Self.connection), of: ["username"], isDrift: true))
        #expect(world.apply(drift).map(\.secrets) == [["password"]])
        world.secrets[.username] = .found(digest: "u2", text: "other")
        let plan = try world.plan(.sample(.database))
        #expect(isUpdate(plan.action(Self.connection), of: ["password", "username"], isDrift: false))
        #expect(world.apply(plan).map(\.secrets) == [["password"]])
    }

    @Test("the password of a connection that is taken over stays, and is taken for that of the Secret")
    func takenOver() throws {
        var mount = VaultMount.sample(.database)
        var world = MountWorld()
        try world.converge(mount)
        world.claims[Self.connection] = nil
        #expect(try world.plan(mount).action(Self.connection) == .claim)
        world.stored[Self.connection]?["allowed_roles"] = []
        guard case .conflict = try world.plan(mount).action(Self.connection) else {
            Issue.record("no conflict")
            return
        }
        mount.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
        #expect(try world.apply(world.plan(mount)).map(\.secrets) == [[]])
        #expect(world.claims[Self.connection]?.sourceDigest != nil)
        #expect(try !world.plan(mount).writes)
        // But not that of another user.
        world.claims[Self.connection] = nil
        world.stored[Self.connection]?["connection_details"]?["username"] = "former"
        #expect(try world.apply(world.plan(mount)).map(\.secrets) == [["password"]])
    }

    @Test("a write that came through before its digest was recorded is repeated")
    func interrupted() throws {
        var world = MountWorld()
        try world.converge(.sample(.database))
        world.secrets[.password] = .found(digest: "p2", text: nil)
        let before = world.claims
        try world.apply(world.plan(.sample(.database)))
        world.claims = before
        #expect(try world.plan(.sample(.database)).written == [Self.connection])
    }

    @Test(
        "a missing Secret or entry is said by name, and what exists stays", arguments: [SecretKey.username, .password])
    func missing(key: SecretKey) throws {
        var world = MountWorld()
        try world.converge(.sample(.database))
        world.secrets[key] = .missing
        let plan = try world.plan(.sample(.database))
        #expect(plan.obstacle(Self.connection)?.reason == .secretMissing)
        #expect(plan.obstacle(Self.connection)?.message.contains("Secret orders-db with the entry \(key.key)") == true)
        #expect(!plan.writes)
        world.secrets[key] = .failed(.fails(.pending, "away"))
        #expect(try world.plan(.sample(.database)).obstacle(Self.connection) == .fails(.pending, "away"))
        world.secrets[key] = nil
        #expect(try world.plan(.sample(.database)).obstacle(Self.connection)?.reason == .pending)
    }

    @Test("a user name that no database has is refused before it reaches a statement", arguments: ["", "a;b", "a\nb"])
    func badUsername(name: String) throws {
        var world = MountWorld()
        world.secrets[.username] = .found(digest: "u", text: name)
        #expect(try world.plan(.sample(.database)).obstacle(Self.connection)?.reason == .rejected)
    }

    @Test("the reviewer's token goes with every write, since one without it would take it away")
    func reviewer() throws {
        var world = MountWorld()
        world.secrets = [.token: .found(digest: "t1", text: nil)]
        #expect(try world.apply(world.plan(Self.reviewed)).last?.secrets == ["token_reviewer_jwt"])
        world.wasConverged = true
        #expect(try !world.plan(Self.reviewed).writes)
        world.stored[Self.configuration]?["kubernetes_host"] = "https://by.hand"
        #expect(try world.apply(world.plan(Self.reviewed)).map(\.secrets) == [["token_reviewer_jwt"]])
        world.secrets[.token] = .found(digest: "t2", text: nil)
        let plan = try world.plan(Self.reviewed)
        #expect(isUpdate(plan.action(Self.configuration), of: ["token_reviewer_jwt"], isDrift: false))
        world.apply(plan)
        #expect(try !world.plan(Self.reviewed).writes)
    }

    @Test("a reviewer's token that is there and not wanted, or the other way round, differs")
    func reviewerSet() throws {
        var world = MountWorld()
        try world.converge(.sample(.kubernetes))
        world.stored[Self.configuration]?["token_reviewer_jwt_set"] = true
        let plan = try world.plan(.sample(.kubernetes))
        #expect(isUpdate(plan.action(Self.configuration), of: ["token_reviewer_jwt_set"], isDrift: true))
        guard case .object(_, let body, let secrets) = plan.steps.last?.write else {
            Issue.record("\(plan)")
            return
        }
        #expect(body["token_reviewer_jwt"] == "" && secrets.isEmpty)
    }

    @Test("a new key of SPIRE is written, the old one stays as long as the bundle has it, and neither is drift")
    func rotation() throws {
        let mount = VaultMount.sample(.jwt) { $0.driftPolicy = .report }
        var world = MountWorld()
        try world.converge(mount)
        for keys in [[0, 1], [1], [1, 2, 0]] as [[UInt8]] {
            world.trust = .found(keys.map { .sample($0) })
            let plan = try world.plan(mount)
            #expect(isUpdate(plan.action(Self.configuration), of: ["jwt_validation_pubkeys"], isDrift: false))
            world.apply(plan)
            let written = world.stored[Self.configuration]?["jwt_validation_pubkeys"]?.array?.compactMap(\.string)
            #expect(Set(written ?? []) == Set(keys.compactMap { TrustKey.sample($0).pem }))
            #expect(try !world.plan(mount).writes)
        }
        world.trust = .found([.sample(0), .sample(2), .sample(1)])
        #expect(try !world.plan(mount).writes)
    }

    @Test("keys that were changed by hand are drift")
    func foreignKey() throws {
        var world = MountWorld()
        try world.converge(.sample(.jwt))
        let mallory = TrustKey.sample(9).pem ?? ""
        world.stored[Self.configuration]?["jwt_validation_pubkeys"] = [.string(mallory)]
        let plan = try world.plan(.sample(.jwt))
        #expect(isUpdate(plan.action(Self.configuration), of: ["jwt_validation_pubkeys"], isDrift: true))
    }

    @Test("an empty list of keys is never written, nor one that was not looked at")
    func noKeys() throws {
        var world = MountWorld()
        try world.converge(.sample(.jwt))
        let unusable = TrustKey(keyID: "ed", publicKey: [0x30, 0x00])
        for trust in [TrustFact.found([]), .found([unusable]), .failed(.fails(.spireUnavailable, "away"))] {
            world.trust = trust
            let plan = try world.plan(.sample(.jwt))
            #expect(plan.obstacle(Self.configuration)?.reason == .spireUnavailable)
            #expect(!plan.writes)
        }
        let desired = try MountPlanner.desired(for: .sample(.jwt), held: []).get()
        var facts = world.facts(for: desired)
        facts.trust = nil
        #expect(MountPlan.make(for: desired, facts: facts).obstacle(Self.configuration)?.reason == .pending)
    }

    @Test("a plan holds no value of a confidential entry, whatever it does")
    func printable() throws {
        var world = MountWorld()
        world.secrets[.password] = .found(digest: "digest-of-it", text: "hunter2")
        let plan = try world.plan(.sample(.database))
        #expect(plan.written.contains(Self.connection))
        #expect(!"\(plan)".contains("hunter2"))
    }
}
