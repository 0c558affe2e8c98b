import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Logging
import Metrics
import PrometheusExposition
import Testing
import VaultClient
import VaultTesting

@Suite("OwnershipSweeper")
struct OwnershipSweeperTests {
    private let lanyard: TestOperator
    private let sweeper: OwnershipSweeper
    private let registry = PrometheusRegistry()

    init() async throws {
        let lanyard = try await TestOperator()
        self.lanyard = lanyard
        sweeper = Self.sweeper(of: lanyard, countedBy: registry)
    }

    static func sweeper(of lanyard: TestOperator, countedBy registry: PrometheusRegistry) -> OwnershipSweeper {
        withMetricsFactory(registry) {
            OwnershipSweeper(
                api: RecordingKubernetes(base: lanyard.world.api, journal: lanyard.journal),
                vault: RecordingVault(base: lanyard.world.vault, journal: lanyard.journal), ledger: lanyard.ledger,
                gate: DependencyGate(breaker: nil), boundaries: lanyard.boundaries.truth, namespaces: [],
                pace: Pace(every: .seconds(3600), in: lanyard.world.environment),
                report: SweepReport(
                    on: .records, namespace: SimulatedWorld.operatorNamespace, events: lanyard.events,
                    logger: Logger(label: "test")))
        }
    }

    private var held: [String] {
        registry.render().split(separator: "\n").filter { $0.hasPrefix("lanyard_sweep_held") }.map(String.init)
    }

    private func object(_ path: String) -> JSONValue? { lanyard.world.vault.peek(path) }

    @discardableResult
    private func sweep() async throws -> ReconcileResult { try await sweeper.sweep(in: lanyard) }

    /// Two bindings in place; then somebody takes the finalizer of `web` away and deletes it.
    private func strip() async throws {
        for name in ["web", "api"] {
            try await lanyard.create(binding: name) {
                $0.roleName = name
                $0.databaseRoles = [.sample()]
            }
            try await lanyard.reconcile(binding: name)
        }
        var binding = try await lanyard.binding("web")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "web")
        try await lanyard.reconcile(binding: "web")
        #expect(object("sys/policies/acl/web") != nil)
        lanyard.journal.clear()
    }

    @Test("what a binding without finalizer left behind goes in the second sweep, auth role first (threat T27)")
    func stripped() async throws {
        try await strip()
        try await sweep()
        #expect(lanyard.journal.writes.isEmpty)
        let result = try await sweep()
        #expect(
            lanyard.journal.writes(to: "vault") == [
                "vault delete auth/kubernetes/role/web", "vault delete sys/policies/acl/web",
                "vault delete database/roles/web_main",
            ])
        #expect(try await lanyard.records().map(\.metadata.name) == ["shop.api"])
        #expect(object("sys/policies/acl/api") != nil)
        let delay = try #require(result.requeueAfter)
        #expect(delay >= .seconds(2880) && delay <= .seconds(4320))
        lanyard.journal.clear()
        try await sweep()
        #expect(lanyard.journal.writes.isEmpty)
    }

    @Test("a namespace that strips many of its own stops nobody, and is swept when few are left")
    func oneNamespace() async throws {
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        try await lanyard.reconcile(binding: "api")
        for (namespace, name) in (0..<6).map({ ("tenant", "gone-\($0)") }) + [("other", "left")] {
            let owner = OwnershipRecord.Owner(
                kind: "VaultRoleBinding", namespace: namespace, name: name, uid: "u-\(name)")
            _ = try await lanyard.ledger.claim(["auth/kubernetes/role/\(name)"], for: owner)
        }
        lanyard.journal.clear()
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault") == [])
        for _ in 0..<4 {
            try await sweep()
            #expect(lanyard.journal.writes(to: "vault") == ["vault delete auth/kubernetes/role/left"])
            #expect(held == ["lanyard_sweep_held{sweep=\"records\"} 6"])
        }
        #expect(lanyard.notes("SweepStopped").count == 4)
        #expect(lanyard.notes("SweepStopped").first?.contains("more than 5; nothing of tenant") == true)
        #expect(
            lanyard.notes("SweptRecords") == [
                "cleaned up what was left of the owner of ownership record other.left, which is gone"
            ])
        let first = OwnershipRecord.Owner(
            kind: "VaultRoleBinding", namespace: "tenant", name: "gone-0", uid: "u-gone-0")
        try await lanyard.ledger.release(["auth/kubernetes/role/gone-0"], of: first)
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault").count == 1)
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault").count == 6)
        #expect(held == ["lanyard_sweep_held{sweep=\"records\"} 0"])
        #expect(try await lanyard.records().map(\.metadata.name) == ["shop.api"])
    }

    @Test("what cannot be deleted for one owner that is gone holds up no other one's")
    func oneFails() async throws {
        for name in ["api", "web"] {
            try await lanyard.create(binding: name) { $0.roleName = name }
            try await lanyard.reconcile(binding: name)
            var binding = try await lanyard.binding(name)
            binding.metadata.finalizers = []
            _ = try await lanyard.world.api.replace(binding)
            try await lanyard.delete(binding: name)
            try await lanyard.reconcile(binding: name)
        }
        lanyard.journal.fail(
            "vault delete auth/kubernetes/role/api", with: VaultError(.permissionDenied, "permission denied"))
        try await sweep()
        await #expect(throws: VaultError.self) { try await sweep() }
        #expect(object("sys/policies/acl/api") != nil && object("sys/policies/acl/web") == nil)
        lanyard.journal.heal()
        try await sweep()
        #expect(object("sys/policies/acl/api") == nil)
    }

    @Test("a record that a backup brought back takes nothing from who has its paths now (threat T41)")
    func restored() async throws {
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        try await lanyard.reconcile(binding: "api")
        let paths = ["auth/kubernetes/role/api", "sys/policies/acl/api"]
        // Of a binding that had the name before, and is gone.
        let owner = OwnershipRecord.Owner(
            kind: "VaultRoleBinding", namespace: TestOperator.namespace, name: "former", uid: "former")
        _ = try await lanyard.world.api.create(
            OwnershipRecord(
                metadata: ObjectMeta(name: "shop.former", namespace: SimulatedWorld.operatorNamespace),
                spec: OwnershipRecord.Spec(
                    owner: owner, claims: paths.map { .init(path: $0, claimedAt: "1999-01-01T00:00:00Z") })))
        try await lanyard.ledger.load()
        lanyard.journal.clear()
        try await sweep()
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(try await lanyard.records().map(\.metadata.name) == ["shop.api"])
        for path in paths { #expect(object(path) != nil) }
        lanyard.journal.clear()
        try await lanyard.reconcile(binding: "api")
        #expect(try await lanyard.condition("Ready", ofBinding: "api").status == .yes)
        #expect(lanyard.journal.writes(to: "vault") == [])
    }

    @Test("a list that fails is no list: the count starts anew")
    func failedList() async throws {
        try await strip()
        try await sweep()
        lanyard.journal.fail("kube get vaultrolebindings", with: KubernetesError(.unreachable, "away"))
        await #expect(throws: KubernetesError.self) { try await sweep() }
        lanyard.journal.heal()
        try await sweep()
        #expect(lanyard.journal.writes.isEmpty)
        try await sweep()
        #expect(!lanyard.journal.writes.isEmpty)
    }

    @Test("a namesake that comes back in the middle inherits what is left")
    func namesake() async throws {
        try await strip()
        try await sweep()
        let lanyard = lanyard
        lanyard.journal.before("vault delete auth/kubernetes/role/web") { try await lanyard.create(binding: "web") }
        try await sweep()
        #expect(object("sys/policies/acl/web") != nil && object("database/roles/web_main") != nil)
        // It has no database role any more, and its auth role is made again.
        try await lanyard.reconcile(binding: "web")
        #expect(object("auth/kubernetes/role/web") != nil && object("database/roles/web_main") == nil)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test(
        "a namesake that does not get to inherit keeps nothing of what its predecessor had", arguments: [false, true])
    func waitingNamesake(isPaused: Bool) async throws {
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowPause = true
        lanyard.boundaries.set([boundary])
        try await strip()
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        if isPaused {
            var binding = try await lanyard.binding("web")
            binding.metadata.annotations = ["lanyard.dev/paused": "true"]
            _ = try await lanyard.world.api.replace(binding)
        }
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault") == [])
        try await sweep()
        // One that is paused has not had its turn.
        #expect((object("sys/policies/acl/web") != nil) == isPaused)
        #expect(try await lanyard.records().count == (isPaused ? 2 : 1))
        #expect(object("sys/policies/acl/api") != nil)
    }

    @Test("a namesake that came between two sweeps has its turn before the third")
    func lateNamesake() async throws {
        try await strip()
        try await sweep()
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        try await sweep()
        #expect(object("sys/policies/acl/web") != nil)
        try await sweep()
        #expect(object("sys/policies/acl/web") == nil)
    }

    @Test("one that takes the record in its name meanwhile is not cleaned up under")
    func inheritingNamesake() async throws {
        try await strip()
        try await sweep()
        let lanyard = lanyard
        lanyard.journal.before("kube get namespaces/shop/vaultrolebindings/web") {
            try await lanyard.create(binding: "web")
            try await lanyard.reconcile(binding: "web")
        }
        try await sweep()
        #expect(object("sys/policies/acl/web") != nil && object("auth/kubernetes/role/web") != nil)
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    @Test(
        "nor is one that was listed twice before it took the record, be it at the first object or at the last",
        arguments: ["kube get namespaces/shop/vaultrolebindings/web", "vault delete database/roles/web_main"])
    func lateInheritance(moment: String) async throws {
        try await strip()
        try await lanyard.create(binding: "web") { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "ghost")
        }
        try await sweep()
        let lanyard = lanyard
        lanyard.journal.before(moment) {
            try await lanyard.edit(binding: "web") { spec in
                spec.serviceAccountNames = ["web"]
                spec.workloadIdentityRef = nil
            }
            try await lanyard.reconcile(binding: "web")
        }
        try await sweep()
        let uid = try #require(try await lanyard.binding("web").metadata.uid)
        for path in ["sys/policies/acl/web", "auth/kubernetes/role/web"] {
            #expect(object(path) != nil && lanyard.ledger.holder(of: path)?.uid == uid)
        }
        #expect(try await lanyard.condition("Ready", ofBinding: "web").status == .yes)
    }

    /// `strip`, with a database role that is to stay.
    private func stripMarked() async throws {
        try await strip()
        let owner = try #require(try await lanyard.records().first { $0.spec.owner.name == "web" }?.spec.owner)
        _ = try await lanyard.ledger.claim([], policies: ["database/roles/web_main": .orphan], for: owner)
        lanyard.journal.clear()
    }

    @Test("what the ledger marks to stay is left, and the record goes")
    func marked() async throws {
        try await stripMarked()
        try await sweep()
        try await sweep()
        #expect(object("sys/policies/acl/web") == nil && object("database/roles/web_main") != nil)
        #expect(try await lanyard.records().map(\.metadata.name) == ["shop.api"])
    }

    @Test("what is marked to stay goes where that is not allowed, and waits where that is not known")
    func markedAgainstBoundary() async throws {
        try await stripMarked()
        var boundary = IdentityBoundary.permissive
        boundary.spec.allowOrphan = false
        var invalid = boundary
        invalid.spec.vault?.names = ["?"]
        lanyard.boundaries.set([invalid])
        try await sweep()
        try await sweep()
        #expect(object("sys/policies/acl/web") == nil && object("database/roles/web_main") != nil)
        #expect(try await lanyard.records().count == 2)
        lanyard.boundaries.set([boundary])
        try await sweep()
        try await sweep()
        #expect(object("database/roles/web_main") == nil)
        #expect(try await lanyard.records().count == 1)
    }

    @Test("a record that only reserves a name stays until the name is free, and goes then")
    func tombstone() async throws {
        try await strip()
        try await sweep()
        try await sweep()
        #expect(try await lanyard.tombstones().map(\.path) == ["sys/policies/acl/web"])
        lanyard.journal.clear()
        for _ in 0..<3 { try await sweep() }
        #expect(lanyard.journal.writes == [])
        lanyard.clock.advance(by: .seconds(2_764_801))
        try await sweep()
        try await sweep()
        #expect(try await lanyard.tombstones() == [])
        let all = try await lanyard.world.api.list(OwnershipRecord.self, namespace: SimulatedWorld.operatorNamespace)
        #expect(all.items.map(\.metadata.name) == ["shop.api"])
    }

    @Test("records that only reserve names do not count among those that are left behind")
    func manyTombstones() async throws {
        func owner(_ name: String) -> OwnershipRecord.Owner {
            OwnershipRecord.Owner(kind: "VaultRoleBinding", namespace: "tenant", name: name, uid: "u-\(name)")
        }
        try await lanyard.create(binding: "api") { $0.roleName = "api" }
        try await lanyard.reconcile(binding: "api")
        for name in (0..<6).map({ "gone-\($0)" }) {
            _ = try await lanyard.ledger.claim(["sys/policies/acl/\(name)"], for: owner(name))
            try await lanyard.ledger.release(["sys/policies/acl/\(name)"], of: owner(name))
        }
        #expect(try await lanyard.tombstones().count == 6)
        _ = try await lanyard.ledger.claim(["auth/kubernetes/role/left"], for: owner("left"))
        lanyard.journal.clear()
        for _ in 0..<2 { try await sweep() }
        #expect(lanyard.journal.writes(to: "vault") == ["vault delete auth/kubernetes/role/left"])
        #expect(lanyard.notes("SweepStopped").isEmpty)
        // Nor is it asked each time whether their owners are gone.
        #expect(!lanyard.journal.calls.contains { $0.contains("gone-") })
    }

    @Test("while Vault is away nothing is forgotten, and it goes on when it is back")
    func vaultAway() async throws {
        try await strip()
        try await sweep()
        lanyard.world.vault.isSealed = true
        await #expect(throws: VaultError.self) { try await sweep() }
        #expect(try await lanyard.records().count == 2)
        lanyard.world.vault.isSealed = false
        try await sweep()
        #expect(object("sys/policies/acl/web") == nil)
        #expect(try await lanyard.records().count == 1)
    }

    @Test("a process that does not lead deletes nothing")
    func fenced() async throws {
        try await strip()
        try await sweep()
        lanyard.journal.isFenced = true
        await #expect(throws: (any Error).self) { try await sweep() }
        #expect(object("auth/kubernetes/role/web") != nil)
    }

    /// Records of two mounts, of which one is there, as the mount's own controller would have left them.
    private func leaveMounts() async throws {
        for name in ["kept", "gone"] {
            if name == "kept" {
                let mount = VaultMount(metadata: ObjectMeta(name: name), spec: VaultMountSpec(type: .kv))
                _ = try await lanyard.world.api.create(mount)
            }
            let owner = OwnershipRecord.Owner(kind: "VaultMount", namespace: "", name: name, uid: "u-\(name)")
            _ = try await lanyard.ledger.claim(["sys/mounts/\(name)"], for: owner)
        }
        lanyard.journal.clear()
    }

    @Test("what a mount without finalizer held is let go of in the second sweep, and nothing of it is deleted")
    func mounts() async throws {
        try await leaveMounts()
        try await sweep()
        #expect(try await lanyard.records().count == 2)
        try await sweep()
        #expect(lanyard.journal.writes(to: "vault") == [])
        #expect(try await lanyard.records().map(\.spec.owner.name) == ["kept"])
    }

    @Test("a mount that comes back before it is let go of keeps its record")
    func mountBack() async throws {
        try await leaveMounts()
        try await sweep()
        let lanyard = lanyard
        lanyard.journal.before("kube get vaultmounts/gone") {
            let mount = VaultMount(metadata: ObjectMeta(name: "gone"), spec: VaultMountSpec(type: .kv))
            _ = try await lanyard.world.api.create(mount)
        }
        try await sweep()
        #expect(try await lanyard.records().count == 2)
    }

    @Test("mounts that are listed do not vouch for an empty list of bindings, after one that failed (threat T42)")
    func vouching() async throws {
        try await leaveMounts()
        try await strip()
        try await sweep()
        lanyard.journal.fail("kube get vaultrolebindings", with: KubernetesError(.unreachable, "away"))
        await #expect(throws: KubernetesError.self) { try await sweep() }
        lanyard.journal.heal()
        // The other binding vanishes as well, as after etcd was lost.
        var binding = try await lanyard.binding("api")
        binding.metadata.finalizers = []
        _ = try await lanyard.world.api.replace(binding)
        try await lanyard.delete(binding: "api")
        for _ in 0..<3 { try await sweep() }
        #expect(lanyard.journal.writes(to: "vault") == [])
    }
}
