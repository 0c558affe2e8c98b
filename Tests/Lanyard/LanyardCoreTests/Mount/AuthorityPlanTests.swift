import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("The certificate authority of a MountPlan")
struct AuthorityPlanTests {
    private static let path = "web/config/issuers"
    private static let issuer = "web/issuer/default"
    private static let intermediate = VaultMount.sample(.pki) {
        $0.pki?.root = nil
        $0.pki?.intermediate = .init(signedBy: "root", commonName: "Services CA", ttl: "43800h", keyType: "ec")
    }

    private func isConflict(_ action: VaultObjectAction?) -> Bool {
        if case .conflict = action { true } else { false }
    }

    private func isToBeMadeAnew(_ action: VaultObjectAction?) -> Bool {
        if case .needsRecreate = action { true } else { false }
    }

    @Test("a root is made by one request, under a name that the server keeps unique")
    func root() throws {
        var world = MountWorld()
        let plan = try world.plan(.sample(.pki))
        let step = try #require(plan.steps.last)
        #expect(step.claimDigest == nil && step.recordedDigest != nil)
        guard case .authority(.root(let path, let body, let recovery)) = step.write else {
            Issue.record("\(step)")
            return
        }
        #expect(path == "web/root/generate/internal")
        #expect(recovery.map(\.path) == ["web/root/generate/existing", Self.path])
        let name = body["issuer_name"]
        #expect(recovery.map { $0.body["key_ref"] ?? $0.body["default"] } == [name, name])
        #expect(recovery.first?.body["ttl"] == body["ttl"] && recovery.first?.body["issuer_name"] == name)
        #expect(body["common_name"] == "Neural Hive CA" && body["ttl"] == 315_360_000)
        #expect(body["issuer_name"]?.string?.hasPrefix("lanyard-") == true)
        #expect(body["issuer_name"] == body["key_name"])
        world.apply(plan)
        #expect(world.claims[Self.path]?.sourceDigest == step.recordedDigest)
    }

    @Test("an intermediate is asked for, signed, installed and named; a key that is there already is used again")
    func chain() throws {
        var world = MountWorld()
        let requests = try world.apply(world.plan(Self.intermediate)).map(\.path)
        #expect(
            requests.suffix(4) == [
                "web/intermediate/generate/internal", "root/root/sign-intermediate", "web/intermediate/set-signed",
                Self.issuer,
            ])
        // A key without an issuer: the process died after the first request.
        world.stored[Self.path] = ["default": ""]
        world.claims[Self.path]?.sourceDigest = nil
        let plan = try world.plan(Self.intermediate)
        guard case .authority(.intermediate(let making)) = plan.steps.last?.write else {
            Issue.record("\(plan)")
            return
        }
        #expect(making.requestPath == "web/intermediate/generate/existing")
        #expect(making.requestBody["key_ref"] == making.namingBody["issuer_name"])
        // It may be another spec's.
        #expect(making.recovery.map(\.path) == ["web/intermediate/generate/internal"])
        #expect(making.recovery.first?.body["key_name"] == making.namingBody["issuer_name"])
        #expect(making.signingBody["ttl"] == 157_680_000 && making.signingBody["common_name"] == "Services CA")
    }

    @Test("one that was made before its digest was recorded is recognised and not made again")
    func interrupted() throws {
        for mount in [VaultMount.sample(.pki), Self.intermediate] {
            var world = MountWorld()
            try world.converge(mount)
            world.claims[Self.path]?.sourceDigest = nil
            let plan = try world.plan(mount)
            #expect(plan.action(Self.path) == VaultObjectAction.none && plan.written == [] && plan.writes)
            world.apply(plan)
            #expect(try !world.plan(mount).writes)
        }
    }

    @Test("an intermediate that only lacks its name gets it; a root without our name is somebody else's")
    func unnamed() throws {
        for (mount, isOurs) in [(Self.intermediate, true), (VaultMount.sample(.pki), false)] {
            var world = MountWorld()
            try world.converge(mount)
            world.claims[Self.path]?.sourceDigest = nil
            world.stored[Self.issuer]?["issuer_name"] = ""
            let plan = try world.plan(mount)
            #expect(plan.written == (isOurs ? [Self.path] : []))
            #expect(isConflict(plan.action(Self.path)) == !isOurs)
            if case .object(let path, let body, _) = plan.steps.last?.write {
                #expect(path == Self.issuer && body.object?.keys.sorted() == ["issuer_name"])
            }
            // Whichever key is the engine's default.
            world.stored["web/config/keys"] = ["default": "imported"]
            #expect(try world.plan(mount).written == plan.written)
            world.stored[Self.issuer]?["key_id"] = "imported"
            for key: JSONValue? in [nil, ["key_name": "theirs"]] {
                world.stored["web/key/imported"] = key
                #expect(isConflict(try world.plan(mount).action(Self.path)))
            }
        }
    }

    @Test("an intermediate that lacks its name and was made from another spec says what helps")
    func unnamedOfAnotherSpec() throws {
        var world = MountWorld()
        try world.converge(Self.intermediate)
        world.claims[Self.path]?.sourceDigest = nil
        world.stored[Self.issuer]?["issuer_name"] = ""
        var edited = Self.intermediate
        edited.spec.pki?.intermediate?.commonName = "Other CA"
        let plan = try world.plan(edited)
        guard case .conflict(let message) = plan.action(Self.path) else {
            Issue.record("\(plan)")
            return
        }
        #expect(message.contains("was made from another spec") && message.contains("put that spec back"))
        #expect(plan.written == [])
        #expect(try world.plan(Self.intermediate).written == [Self.path])
    }

    @Test("whatever changes in its spec, there is no second one", arguments: 0..<5)
    func changed(field: Int) throws {
        var world = MountWorld()
        try world.converge(.sample(.pki))
        world.wasConverged = false
        let plan = try world.plan(
            .sample(.pki) {
                switch field {
                case 0: $0.pki?.root?.commonName = "Other CA"
                case 1: $0.pki?.root?.organization = "Other"
                case 2: $0.pki?.root?.ttl = "8760h"
                case 3: $0.pki?.root?.keyBits = 4096
                default:
                    $0.pki?.root = nil
                    $0.pki?.intermediate = .init(signedBy: "root", commonName: "Neural Hive CA", ttl: "87600h")
                }
            })
        #expect(isToBeMadeAnew(plan.action(Self.path)))
        #expect(!plan.writes)
    }

    @Test("one that somebody deleted is not made again, with its mount or without")
    func deleted() throws {
        var world = MountWorld()
        try world.converge(.sample(.pki))
        world.stored[Self.path] = ["default": ""]
        #expect(isToBeMadeAnew(try world.plan(.sample(.pki)).action(Self.path)))
        #expect(try world.plan(.sample(.pki)).written == [])
    }

    @Test("one that was there stays: it is claimed if it has our name or the annotation says so")
    func found() throws {
        var mount = VaultMount.sample(.pki)
        var world = MountWorld()
        try world.converge(mount)
        world.claims[Self.path] = nil
        #expect(try world.plan(mount).action(Self.path) == .claim)
        world.stored[Self.issuer]?["issuer_name"] = "by-hand"
        #expect(isConflict(try world.plan(mount).action(Self.path)))
        mount.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
        let plan = try world.plan(mount)
        #expect(plan.action(Self.path) == .claim && plan.written == [])
        world.apply(plan)
        #expect(try !world.plan(mount).writes)
    }

    @Test("a key that could not be looked at is no other one, and is asked for only where its issuer has no name")
    func unreadableKey() throws {
        let key = "web/key/key-1"
        var world = MountWorld()
        try world.converge(Self.intermediate)
        let desired = try MountPlanner.desired(for: Self.intermediate, held: []).get()
        #expect(world.facts(for: desired).lookups[key] == nil)
        world.claims[Self.path]?.sourceDigest = nil
        world.stored[Self.issuer]?["issuer_name"] = ""
        var facts = world.facts(for: desired)
        facts.lookups[key] = .failed(.fails(.permissionDenied, "denied"))
        let plan = MountPlan.make(for: desired, facts: facts)
        #expect(plan.obstacle(Self.path)?.reason == .permissionDenied && plan.written == [])
    }

    @Test(
        "an issuer or key that could not be looked at stops it", arguments: ["web/config/keys", "web/issuer/default"])
    func unreadable(path: String) throws {
        let denied = ConditionOutcome.fails(.permissionDenied, "denied")
        var world = MountWorld()
        try world.converge(.sample(.pki))
        world.claims[Self.path] = path.hasSuffix("keys") ? nil : .init(path: Self.path, claimedAt: "")
        if path.hasSuffix("keys") { world.stored[Self.path] = ["default": ""] }
        let desired = try MountPlanner.desired(for: .sample(.pki), held: []).get()
        var facts = world.facts(for: desired)
        for (lookup, reason) in [(ObjectLookup.failed(denied), Reason.permissionDenied), (nil, .pending)] {
            facts.lookups[path] = lookup
            let plan = MountPlan.make(for: desired, facts: facts)
            #expect(plan.obstacle(Self.path)?.reason == reason && plan.written == [])
        }
    }

    @Test("without root and intermediate the authority is nobody's affair")
    func none() throws {
        let mount = VaultMount.sample(.pki) { $0.pki?.root = nil }
        let desired = try MountPlanner.desired(for: mount, held: []).get()
        #expect(!desired.readPaths.contains(Self.path) && !desired.claimPaths.contains(Self.path))
        #expect(desired.followingReadPath(after: [:]) == nil)
    }
}
