import ControllerRuntime
import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import SPIREClient
import Synchronization
import Testing
import VaultClient

/// An operator whose calls are recorded, driven pass by pass; everything happens in the namespace `shop`.
struct TestOperator {
    static let namespace = "shop"

    let world: SimulatedWorld
    let clock: VirtualClock
    let journal = Journal()
    let events = RecordedEvents()
    let lines = RecordedLines()
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>
    let templates = Store<DatabaseRoleTemplate>()
    let ledger: OwnershipLedger
    let boundaries: SimulatedBoundaries
    let placement = TestPlacement()
    let parts: IdentityParts
    /// Looks at what accesses take for granted; nil when the test did not ask for it.
    let survey: AccessSurvey?
    /// What of identities was news to bindings.
    let identityNews = IdentityNews()
    private let newsCount = Counter()
    private let bindingReconciler: BindingReconciler

    final class IdentityNews: Sendable {
        private let news = Mutex<[IdentityStates.News]>([])

        var all: [IdentityStates.News] { news.withLock { $0 } }

        func add(_ one: IdentityStates.News) { news.withLock { $0.append(one) } }
    }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    /// How often the survey found something else than before.
    var news: Int { newsCount.value.withLock { $0 } }

    /// Starts a process that has read the ledger.
    ///
    /// - Parameters:
    ///   - world: the servers of an earlier process; new ones when nil.
    ///   - breaker: of both systems; nothing is ever held back without one.
    ///   - other: SPIRE behind something that watches; the world's when nil.
    ///   - ownID: the SPIFFE ID of the operator itself.
    ///   - looksForAccounts: whether ServiceAccounts are looked for.
    ///   - listsEntries: whether the process has listed SPIRE's entries before its first pass.
    ///   - surveys: whether it looks at what accesses take for granted.
    init(
        in world: SimulatedWorld? = nil, breaker: CircuitBreaker? = nil, listsEntries: Bool = true,
        ownID: SPIFFEID? = nil, looksForAccounts: Bool = false, registry other: (any EntryRegistry)? = nil,
        surveys: Bool = false
    ) async throws {
        let world = try world ?? SimulatedWorld(seed: 1)
        self.world = world
        clock = world.clock
        let api = RecordingKubernetes(base: world.api, journal: journal)
        let registry = RecordingRegistry(base: other ?? world.registry, journal: journal)
        let vault = RecordingVault(base: world.vault, journal: journal)
        identities = Store(indices: IdentityIndex.all)
        let bindings = Store<VaultRoleBinding>(indices: BindingIndex.all(settings: world.settings))
        self.bindings = bindings
        boundaries = SimulatedBoundaries(
            settings: world.settings, templates: templates.lookup, ownID: ownID)
        let identityNews = identityNews
        let states = IdentityStates { _, news in identityNews.add(news) }
        let accounts = ServiceAccountDirectory(api: looksForAccounts ? api : nil, clock: clock)
        let journal = journal
        ledger = OwnershipLedger(
            api: api, namespace: SimulatedWorld.operatorNamespace, clock: clock, mayWrite: { !journal.isFenced })
        parts = IdentityParts(
            world: world, store: identities, api: api, registry: registry, events: events, placement: placement,
            gate: DependencyGate(breaker: breaker), boundaries: boundaries.book, states: states, accounts: accounts)
        let newsCount = newsCount
        survey =
            surveys
            ? AccessSurvey(vault: vault, clock: world.clock) { _ in newsCount.value.withLock { $0 += 1 } } : nil
        bindingReconciler = BindingReconciler(
            Convergence(
                reporter: ObjectReporter(api: api, store: bindings, events: events, logger: lines.logger),
                gate: DependencyGate(breaker: breaker), pace: Pace(every: .seconds(600), in: world.environment)),
            identities: identities, states: states, accounts: accounts,
            vault: PolicyListing(vault, clock: clock, population: { bindings.count }), ledger: ledger,
            boundaries: boundaries.book, survey: survey)
        try await ledger.load()
        if listsEntries { try await verify() }
        journal.clear()
    }

    /// One pass over an identity.
    ///
    /// - Parameter view: what the cache knows; all there is when nil.
    @discardableResult
    func reconcile(identity name: String, seeing view: ClusterView? = nil) async throws -> ReconcileResult {
        try await see(view)
        return try await parts.reconciler.reconcile(key(name))
    }

    /// One whole round of the verification.
    ///
    /// - Returns: the identities that it found to look at.
    @discardableResult
    func verify() async throws -> [ObjectKey] {
        try await see(nil)
        try await parts.verification.verifyNow()
        return parts.differing.take()
    }

    /// Rounds of the verification, each an interval after the one before: the sweep counts no others.
    func verify(rounds: Int) async throws {
        for _ in 0..<rounds {
            clock.advance(by: .seconds(600))
            try await verify()
        }
    }

    /// One whole round of the verification, and a pass over each identity that it found.
    func verifyAndReconcile() async throws {
        for key in try await verify() where key != NodeAliasReconciler.key {
            _ = try? await parts.reconciler.reconcile(key)
        }
    }

    /// One pass over a binding.
    ///
    /// - Parameter view: what the cache knows; all there is when nil.
    @discardableResult
    func reconcile(binding name: String, seeing view: ClusterView? = nil) async throws -> ReconcileResult {
        try await see(view)
        return try await bindingReconciler.reconcile(key(name))
    }

    /// One pass over a binding of any namespace.
    @discardableResult
    func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        try await see(nil)
        return try await bindingReconciler.reconcile(key)
    }

    private func see(_ view: ClusterView?) async throws {
        let current = try await world.view()
        let view = view ?? current
        _ = identities.replace(with: view.identities, resourceVersion: view.resourceVersion)
        _ = bindings.replace(with: view.bindings, resourceVersion: view.resourceVersion)
        _ = templates.replace(with: view.templates, resourceVersion: view.resourceVersion)
    }

    func key(_ name: String) -> ObjectKey { ObjectKey(namespace: Self.namespace, name: name) }

    // MARK: - Acts of authors

    /// Creates an identity, later than everything before it.
    func create(identity name: String, _ fill: (inout WorkloadIdentitySpec) -> Void = { _ in }) async throws {
        var spec = WorkloadIdentitySpec()
        fill(&spec)
        clock.advance(by: .seconds(1))
        let metadata = ObjectMeta(name: name, namespace: Self.namespace)
        _ = try await world.api.create(WorkloadIdentity(metadata: metadata, spec: spec))
    }

    /// Creates a binding with the role name `web` for the ServiceAccount `web`, later than everything before it.
    func create(binding name: String, _ fill: (inout VaultRoleBindingSpec) -> Void = { _ in }) async throws {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.roleName = "web"
        fill(&spec)
        clock.advance(by: .seconds(1))
        let metadata = ObjectMeta(name: name, namespace: Self.namespace)
        _ = try await world.api.create(VaultRoleBinding(metadata: metadata, spec: spec))
    }

    /// Creates the template `readwrite` for the connection `good`.
    func create(template name: String, _ fill: (inout DatabaseRoleTemplateSpec) -> Void = { _ in }) async throws {
        var spec = DatabaseRoleTemplateSpec()
        spec.connections = ["good"]
        spec.creationStatements = ["CREATE ROLE \"{{name}}\""]
        fill(&spec)
        _ = try await world.api.create(DatabaseRoleTemplate(metadata: ObjectMeta(name: name), spec: spec))
    }

    /// Changes the spec of a template.
    func edit(template name: String, _ change: (inout DatabaseRoleTemplateSpec) -> Void) async throws {
        let key = ObjectKey(namespace: nil, name: name)
        var object = try #require(try await world.api.get(DatabaseRoleTemplate.self, key))
        change(&object.spec)
        _ = try await world.api.replace(object)
    }

    /// Changes the spec of an identity.
    func edit(identity name: String, _ change: (inout WorkloadIdentitySpec) -> Void) async throws {
        var object = try await identity(name)
        change(&object.spec)
        _ = try await world.api.replace(object)
    }

    /// Changes the spec of a binding.
    func edit(binding name: String, _ change: (inout VaultRoleBindingSpec) -> Void) async throws {
        var object = try await binding(name)
        change(&object.spec)
        _ = try await world.api.replace(object)
    }

    /// Asks for the deletion of an identity.
    func delete(identity name: String) async throws {
        try await world.api.delete(WorkloadIdentity.self, key(name), uid: nil)
    }

    /// Asks for the deletion of a binding.
    func delete(binding name: String) async throws {
        try await world.api.delete(VaultRoleBinding.self, key(name), uid: nil)
    }

    // MARK: - What there is

    /// An identity as it is stored.
    func identity(_ name: String) async throws -> WorkloadIdentity {
        try #require(try await world.api.get(WorkloadIdentity.self, key(name)))
    }

    /// A binding as it is stored.
    func binding(_ name: String) async throws -> VaultRoleBinding {
        try #require(try await world.api.get(VaultRoleBinding.self, key(name)))
    }

    /// A condition of an identity.
    func condition(_ type: String, ofIdentity name: String) async throws -> Condition {
        try #require(try await identity(name).status?.conditions?.condition(type))
    }

    /// A condition of a binding.
    func condition(_ type: String, ofBinding name: String) async throws -> Condition {
        try #require(try await binding(name).status?.conditions?.condition(type))
    }

    /// What the ledger says of who has what, in the order of the records' names.
    func records() async throws -> [OwnershipRecord] {
        try await world.api.list(OwnershipRecord.self, namespace: SimulatedWorld.operatorNamespace).items
            .filter { !$0.spec.claims.isEmpty }
    }

    /// What the ledger says of who had what.
    func tombstones() async throws -> [OwnershipRecord.Tombstone] {
        try await world.api.list(OwnershipRecord.self, namespace: SimulatedWorld.operatorNamespace).items
            .flatMap { $0.spec.tombstones ?? [] }
    }

    /// The notes of all events with a reason.
    func notes(_ reason: String) -> [String] { events.all.filter { $0.reason == reason }.map(\.note) }
}
