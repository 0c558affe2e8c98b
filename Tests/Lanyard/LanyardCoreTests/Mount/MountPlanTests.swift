import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("MountPlan")
struct MountPlanTests {
    /// For each type: the claim path of the mount, and what is below it.
    private static let paths: [(VaultMountType, [String])] = [
        (.kubernetes, ["sys/auth/web", "auth/web/config"]), (.jwt, ["sys/auth/web", "auth/web/config"]),
        (.database, ["sys/mounts/web", "web/config/orders"]),
        (.pki, ["sys/mounts/web", "web/config/urls", "web/roles/neural-hive-services", "web/config/issuers"]),
        (.kv, ["sys/mounts/web"]),
    ]

    @Test("what is absent is made in one pass, the mount first, and claimed", arguments: paths)
    func absent(type: VaultMountType, paths: [String]) throws {
        let plan = try MountWorld().plan(.sample(type))
        #expect(plan.steps.map(\.path) == paths)
        #expect(plan.steps.allSatisfy { $0.decision == .act(.create(isDrift: false)) && $0.claims == [$0.path] })
        #expect(plan.written == paths)
        #expect(plan.writes)
    }

    @Test("what was made needs nothing more", arguments: paths)
    func equal(type: VaultMountType, paths: [String]) throws {
        var world = MountWorld()
        try world.converge(.sample(type))
        let plan = try world.plan(.sample(type))
        #expect(plan.steps.map(\.decision) == paths.map { _ in .act(.none) })
        #expect(!plan.writes)
        #expect(plan.accessor == "accessor-web/")
    }

    @Test("what exists unclaimed and is as declared is claimed without a write", arguments: paths)
    func claimed(type: VaultMountType, paths: [String]) throws {
        var world = MountWorld()
        try world.converge(.sample(type))
        world.claims = [:]
        let plan = try world.plan(.sample(type))
        #expect(plan.steps.map(\.decision) == paths.map { _ in .act(.claim) })
        #expect(plan.written == [] && plan.writes)
        world.apply(plan)
        #expect(world.claims["sys/\(type.isAuthMethod ? "auth" : "mounts")/web"]?.accessor == nil)
        #expect(try !world.plan(.sample(type)).writes)
    }

    @Test("a setting of the mount that was changed by hand is put back, and only that", arguments: paths)
    func tuned(type: VaultMountType, paths: [String]) throws {
        for change in [
            ["default_lease_ttl": 60], ["max_lease_ttl": 61], ["listing_visibility": "unauth"],
        ] as [JSONValue] {
            var world = MountWorld()
            try world.converge(.sample(type))
            var config = world.listing["web/"]?["config"]?.object ?? [:]
            config.merge(change.object ?? [:]) { $1 }
            world.listing["web/"]?["config"] = .object(config)
            let plan = try world.plan(.sample(type))
            #expect(plan.written == [paths[0]])
            guard case .update(let differences, isDrift: true) = plan.action(paths[0]) else {
                Issue.record("\(plan)")
                continue
            }
            #expect(differences.map(\.field) == change.object?.keys.sorted())
            #expect(world.apply(plan).map(\.path) == ["sys/mounts/\(type.isAuthMethod ? "auth/" : "")web/tune"])
            #expect(try !world.plan(.sample(type)).writes)
        }
    }

    @Test("with driftPolicy Report it is only told", arguments: paths)
    func reported(type: VaultMountType, paths: [String]) throws {
        let mount = VaultMount.sample(type) { $0.driftPolicy = .report }
        var world = MountWorld()
        try world.converge(mount)
        world.listing["web/"]?["description"] = "by hand"
        let plan = try world.plan(mount)
        #expect(!plan.writes)
        guard case .reportDrift(_, let differences) = plan.action(paths[0]) else {
            Issue.record("\(plan)")
            return
        }
        #expect(differences.map(\.field) == ["description"])
        #expect(plan.steps.dropFirst().allSatisfy { $0.decision == .act(.none) })
    }

    @Test("a mount of another type at the path stays untouched, claimed, adopted or not", arguments: paths)
    func otherType(type: VaultMountType, paths: [String]) throws {
        for (isMine, adopts) in [(false, false), (false, true), (true, false), (true, true)] {
            var mount = VaultMount.sample(type)
            if adopts { mount.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"] }
            var world = MountWorld()
            world.listing["web/"] = ["type": "transit", "accessor": "transit_1"]
            if isMine { world.claims[paths[0]] = .init(path: paths[0], claimedAt: "") }
            let plan = try world.plan(mount)
            #expect(!plan.writes && plan.steps.allSatisfy { $0.claims.isEmpty })
            #expect(
                plan.action(paths[0])
                    == .conflict("\(type.isAuthMethod ? "auth/" : "")web is of type transit, not \(type)"))
            for path in paths.dropFirst() { #expect(plan.obstacle(path)?.reason == .pending) }
        }
    }

    @Test("a mount above or below that path is a conflict, and one beside it is not")
    func overlap() throws {
        let mount = VaultMount.sample(.kv) { $0.path = "team/secret" }
        for (other, isConflict) in [
            ("team/", true), ("team/secret/old/", true), ("team/secret2/", false), ("t/", false),
        ] {
            var world = MountWorld()
            world.listing[other] = ["type": "kv"]
            let isFound =
                if case .conflict = try world.plan(mount).action("sys/mounts/team/secret") { true } else { false }
            #expect(isFound == isConflict, "\(other)")
        }
    }

    @Test("what somebody else made differently is a conflict, and is taken over if the annotation says so")
    func adoption() throws {
        var world = MountWorld()
        world.listing["web/"] = ["type": "kv", "description": "old", "options": ["version": "2"], "config": [:]]
        var mount = VaultMount.sample(.kv)
        guard case .conflict(let message) = try world.plan(mount).action("sys/mounts/web") else {
            Issue.record("it is taken over")
            return
        }
        #expect(message.hasPrefix("mount web exists and was not made by Lanyard; "))
        #expect(message.contains(LanyardGroup.adoptAnnotation))
        mount.metadata.annotations = [LanyardGroup.adoptAnnotation: "true"]
        let plan = try world.plan(mount)
        guard case .adopt = plan.action("sys/mounts/web") else {
            Issue.record("\(plan)")
            return
        }
        #expect(world.apply(plan).map(\.path) == ["sys/mounts/web/tune"])
        #expect(world.claims["sys/mounts/web"]?.accessor == nil)
    }

    @Test("what belongs to somebody else is left alone, and an older wish comes first", arguments: paths)
    func foreign(type: VaultMountType, paths: [String]) throws {
        let desired = try MountPlanner.desired(for: .sample(type), held: []).get()
        for path in paths {
            for claim in [ClaimState.other("VaultMount old"), .awaited(by: "VaultMount old")] {
                var facts = MountWorld().facts(for: desired)
                facts.claims[path] = claim
                let plan = MountPlan.make(for: desired, facts: facts)
                #expect(plan.steps.first { $0.path == path }?.claims == [])
                guard case .conflict(let message) = plan.action(path) else {
                    Issue.record("\(path)")
                    continue
                }
                #expect(message.contains("VaultMount old"))
                if path == paths[0] { #expect(plan.written == []) }
            }
        }
    }

    @Test("what could not be read is never taken for absent", arguments: paths)
    func unreadable(type: VaultMountType, paths: [String]) throws {
        let denied = ConditionOutcome.fails(.permissionDenied, "denied")
        var world = MountWorld()
        try world.converge(.sample(type))
        let desired = try MountPlanner.desired(for: .sample(type), held: []).get()
        var facts = world.facts(for: desired)
        facts.listing = .failed(denied)
        let blind = MountPlan.make(for: desired, facts: facts)
        #expect(blind.obstacle(paths[0]) == denied && blind.written == [])
        for path in paths.dropFirst() {
            var facts = world.facts(for: desired)
            for (lookup, outcome) in [(ObjectLookup.failed(denied), denied.reason), (nil, .pending)] {
                facts.lookups[path] = lookup
                let plan = MountPlan.make(for: desired, facts: facts)
                #expect(plan.obstacle(path)?.reason == outcome && plan.written == [])
            }
        }
    }

    @Test("a mount that somebody disabled is made again, but for its authority", arguments: paths)
    func disabled(type: VaultMountType, paths: [String]) throws {
        var world = MountWorld()
        try world.converge(.sample(type))
        world.listing = [:]
        let plan = try world.plan(.sample(type))
        for path in paths where path != "web/config/issuers" {
            #expect(plan.action(path) == .create(isDrift: true))
        }
        if type == .pki {
            guard case .needsRecreate = plan.action("web/config/issuers") else {
                Issue.record("\(plan)")
                return
            }
        }
    }

    @Test("a mount does not move, and what is at the old path stays claimed and untouched")
    func moved() throws {
        var world = MountWorld()
        try world.converge(.sample(.pki))
        let plan = try world.plan(.sample(.pki) { $0.path = "elsewhere" })
        guard case .needsRecreate(let message) = plan.action("sys/mounts/elsewhere") else {
            Issue.record("\(plan)")
            return
        }
        #expect(message.contains("the path was web"))
        #expect(plan.written == [] && plan.stale == [] && plan.releasable == [])
    }

    @Test("a KV engine keeps its version", arguments: [(1, 2), (2, 1)])
    func version(old: Int, new: Int) throws {
        var world = MountWorld()
        try world.converge(.sample(.kv) { $0.kv = KVMount(version: old) })
        world.wasConverged = false
        let plan = try world.plan(.sample(.kv) { $0.kv = KVMount(version: new) })
        guard case .needsRecreate(let message) = plan.action("sys/mounts/web") else {
            Issue.record("\(plan)")
            return
        }
        #expect(message.contains("options.version: \(old), wanted \(new)") && !plan.writes)
    }

    @Test("a PKI role that is not declared any more is deleted, a connection only where the mount would be")
    func stale() throws {
        var world = MountWorld()
        try world.converge(.sample(.pki))
        #expect(try world.plan(.sample(.pki) { $0.pki?.roles = nil }).stale == ["web/roles/neural-hive-services"])
        for (policy, deletes) in [(DeletionPolicy.orphan, false), (.delete, true)] {
            var world = MountWorld()
            try world.converge(.sample(.database))
            let plan = try world.plan(
                .sample(.database) {
                    $0.database = nil
                    $0.deletionPolicy = policy
                })
            #expect(plan.stale == (deletes ? ["web/config/orders"] : []))
            #expect(plan.releasable == (deletes ? [] : ["web/config/orders"]))
        }
    }

    @Test("addresses that are not declared any more are taken away, and otherwise left alone")
    func urls() throws {
        let bare = VaultMount.sample(.pki) { $0.pki?.urls = nil }
        var world = MountWorld()
        try world.converge(.sample(.pki))
        let plan = try world.plan(bare)
        #expect(plan.written == ["web/config/urls"])
        world.apply(plan)
        #expect(world.stored["web/config/urls"]?["issuing_certificates"] == [])
        var other = MountWorld()
        try other.converge(bare)
        other.stored["web/config/urls"] = ["issuing_certificates": ["https://by.hand"]]
        #expect(try !other.plan(bare).writes)
    }
}
