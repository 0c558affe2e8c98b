import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Synchronization

/// Boundaries and namespaces as the caches of an operator have them; at first one boundary that allows all that tests
/// of other things need.
final class SimulatedBoundaries: Sendable {
    let book: BoundaryBook
    let boundaries = Store<IdentityBoundary>()
    let namespaces = Store<NamespaceMetadata>()
    private let version = Mutex(0)

    /// What the API server says, where the caches are behind.
    let truth: SimulatedTruth
    private let own: OwnIDs

    private final class OwnIDs: Sendable {
        let value: Mutex<Set<SPIFFEID>>

        init(_ id: SPIFFEID?) { value = Mutex(Set([id].compactMap { $0 })) }
    }

    init(
        settings: PlanningSettings, templates: @escaping TemplateLookup = { _ in nil }, ownID: SPIFFEID? = nil
    ) {
        let own = OwnIDs(ownID)
        self.own = own
        truth = SimulatedTruth(namespaces: namespaces)
        book = BoundaryBook(
            boundaries: boundaries, namespaces: namespaces, settings: settings, templates: templates, source: truth,
            ownIDs: { own.value.withLock { $0 } }, ownNamespace: SimulatedWorld.operatorNamespace)
        truth.follow(book, settings: settings)
        set([.permissive])
    }

    /// Lets the operator know its own SPIFFE ID.
    func set(ownID: SPIFFEID) { own.value.withLock { $0 = [ownID] } }

    /// Replaces all boundaries.
    ///
    /// - Parameter undecodable: names of boundaries that cannot be read.
    func set(_ list: [IdentityBoundary], undecodable: [String] = []) {
        let broken = undecodable.map {
            UndecodableObject(key: ObjectKey(namespace: nil, name: $0), resourceVersion: nil, reason: "test")
        }
        _ = boundaries.replace(with: list, undecodable: broken, resourceVersion: next())
    }

    /// Replaces all namespaces.
    func set(labels: [String: [String: String]]) {
        let list = labels.map { NamespaceMetadata(metadata: ObjectMeta(name: $0.key, labels: $0.value)) }
        _ = namespaces.replace(with: list, resourceVersion: next())
    }

    /// Replaces all namespaces by those with these UIDs.
    func set(uids: [String: String]) {
        let list = uids.map { NamespaceMetadata(metadata: ObjectMeta(name: $0.key, uid: $0.value)) }
        _ = namespaces.replace(with: list, resourceVersion: next())
    }

    private func next() -> ResourceVersion {
        ResourceVersion(
            String(
                version.withLock {
                    $0 += 1
                    return $0
                }))
    }
}

/// What the API server says of boundaries: what the caches say, unless a test wants something else.
final class SimulatedTruth: BoundarySource {
    private struct State {
        var book: BoundaryBook?
        var settings: PlanningSettings?
        var boundaries: [IdentityBoundary]?
        var uids: [String: String]?
        var failure: (any Error)?
    }

    private let namespaces: Store<NamespaceMetadata>
    private let state = Mutex(State())

    fileprivate init(namespaces: Store<NamespaceMetadata>) { self.namespaces = namespaces }

    fileprivate func follow(_ book: BoundaryBook, settings: PlanningSettings) {
        state.withLock { state in
            state.book = book
            state.settings = settings
        }
    }

    /// Lets the API server have these boundaries, and the caches not know it.
    func set(_ boundaries: [IdentityBoundary]?) { state.withLock { $0.boundaries = boundaries } }

    /// Lets the API server have namespaces with these UIDs, and the caches not know it.
    func set(uids: [String: String]) { state.withLock { $0.uids = uids } }

    /// Lets every question fail; nil heals.
    func fail(with error: (any Error)?) { state.withLock { $0.failure = error } }

    func current(inNamespace namespace: String) async throws -> EffectiveBoundary {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        guard let book = state.book, let settings = state.settings else { throw BoundaryDoubt("no book") }
        guard let boundaries = state.boundaries else { return book.effective(inNamespace: namespace) }
        return BoundarySet(boundaries, settings: settings).effective(inNamespace: namespace, labels: [:])
    }

    func namespaceUID(_ namespace: String) async throws -> String? {
        let state = state.withLock { $0 }
        if let failure = state.failure { throw failure }
        if let uids = state.uids { return uids[namespace] }
        return namespaces.get(ObjectKey(namespace: nil, name: namespace))?.metadata.uid
    }
}

/// What identities ask for, within what `IdentityBoundary.permissive` allows; the boundary is parsed once.
struct PermissiveAdmission {
    let settings: PlanningSettings
    private let boundaries: BoundarySet

    init(settings: PlanningSettings) {
        self.settings = settings
        boundaries = BoundarySet([.permissive], settings: settings)
    }

    /// What an identity asks for.
    func admit(_ identity: WorkloadIdentity) -> Result<DesiredIdentity, Refusal> {
        Admission.identity(
            identity, boundary: boundaries.effective(inNamespace: identity.metadata.namespace ?? "", labels: nil),
            settings: settings)
    }
}

extension IdentityBoundary {
    /// Allows nearly everything in every namespace.
    static var permissive: IdentityBoundary {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: ["*"])
        spec.allowOrphan = true
        spec.allowAdoption = true
        var identity = IdentityBoundarySpec.Identity()
        identity.spiffeIDs = [
            "/ns/{namespace}/*", "/custom/{namespace}/*", "/shared/*", "/{namespace}/*", "/moved", "/elsewhere", "/a/b",
        ]
        identity.federatesWith = ["a.example", "b.example", "c.example", "one.example", "two.example"]
        identity.dnsNames = ["*.{namespace}.svc", "*.svc", "*.example.org", "*.b"]
        spec.identity = identity
        var vault = IdentityBoundarySpec.Vault()
        vault.names = ["*"]
        vault.authMounts = ["kubernetes", "jwt", "missing"]
        vault.secretsMounts = ["missing"]
        let all = ["create", "read", "update", "patch", "delete", "list"]
        vault.paths = ["secret", "pki", "transit", "database", "missing"].map {
            .init(path: "\($0)/*", capabilities: all)
        }
        vault.databases = ["good", "second", "closed", "missing", "gone"].map {
            .init(
                mount: "database", connection: $0, templates: ["*"], inlineStatements: true,
                staticUsernames: ["app", "other", "owner", "OWNER"])
        }
        spec.vault = vault
        return IdentityBoundary(metadata: ObjectMeta(name: "permissive"), spec: spec)
    }
}
