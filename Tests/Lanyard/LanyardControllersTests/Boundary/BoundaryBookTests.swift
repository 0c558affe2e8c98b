import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardControllers

@Suite("BoundaryBook")
struct BoundaryBookTests {
    private let simulated: SimulatedBoundaries
    private let boundaries: Store<IdentityBoundary>
    private let book: BoundaryBook

    init() throws {
        simulated = SimulatedBoundaries(settings: try SimulatedWorld(seed: 1).settings)
        simulated.set([])
        boundaries = simulated.boundaries
        book = simulated.book
    }

    private func boundary(_ name: String, generation: Int64?, version: Int) -> IdentityBoundary {
        var boundary = IdentityBoundary.ofTenant(name)
        boundary.metadata.uid = "u-\(name)"
        boundary.metadata.generation = generation
        boundary.metadata.resourceVersion = ResourceVersion("\(version)")
        return boundary
    }

    @Test("boundaries are parsed when a spec changed, and not for a status, a bookmark or another namespace")
    func parsing() {
        boundaries.apply(.upsert(boundary("good", generation: 1, version: 11)))
        #expect(!book.effective(inNamespace: "good").allowsOrphan)
        #expect(book.timesParsed == 1)
        var told = boundary("good", generation: 1, version: 12)
        told.status = IdentityBoundaryStatus()
        told.status?.resources = 7
        boundaries.apply(.upsert(told))
        boundaries.advance(to: ResourceVersion("13"))
        _ = book.effective(inNamespace: "good")
        _ = book.effective(inNamespace: "other")
        #expect(book.timesParsed == 1)
        var changed = boundary("good", generation: 2, version: 14)
        changed.spec.allowOrphan = true
        boundaries.apply(.upsert(changed))
        #expect(book.effective(inNamespace: "good").allowsOrphan)
        #expect(book.timesParsed == 2)
        // One that cannot be read any more, or is another one of that name, counts.
        boundaries.apply(
            .undecodable(UndecodableObject(key: changed.key, uid: "u-good", resourceVersion: nil, reason: "r")))
        boundaries.advance(to: ResourceVersion("15"))
        #expect(!book.effective(inNamespace: "good").undecided.isEmpty)
        var successor = boundary("good", generation: 2, version: 16)
        successor.metadata.uid = "u-other"
        boundaries.apply(.upsert(successor))
        #expect(!book.effective(inNamespace: "good").allowsOrphan)
    }

    @Test("without generations specs are compared")
    func withoutGenerations() {
        boundaries.apply(.upsert(boundary("good", generation: nil, version: 11)))
        #expect(!book.effective(inNamespace: "good").allowsPause)
        var changed = boundary("good", generation: nil, version: 12)
        changed.spec.allowPause = true
        boundaries.apply(.upsert(changed))
        #expect(book.effective(inNamespace: "good").allowsPause)
    }

    @Test("another pattern counts for the very next pass, and the former one not any more")
    func changedPattern() {
        func isAdmitted(_ spiffeID: String) -> Bool {
            var spec = WorkloadIdentitySpec()
            spec.spiffeID = spiffeID
            let identity = WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "good"), spec: spec)
            guard case .success = book.admit(identity) else { return false }
            return true
        }
        for (version, part) in [(11, "a"), (12, "b"), (13, "a")] {
            var changed = boundary("good", generation: Int64(version), version: version)
            changed.spec.identity?.spiffeIDs = ["/{namespace}/\(part)/*"]
            boundaries.apply(.upsert(changed))
            #expect(isAdmitted("/good/a/x") == (part == "a"))
            #expect(isAdmitted("/good/b/x") == (part == "b"))
        }
    }

    // MARK: - Rivals

    private let metadata = ObjectMeta(
        name: "web", namespace: "shop", uid: "u-web", resourceVersion: ResourceVersion("1"))

    @Test("a binding in the way is decided on what the verdict is remembered under, whatever has changed since")
    func bindingGrounds() async {
        var spec = VaultRoleBindingSpec()
        spec.serviceAccountNames = ["web"]
        spec.roleName = "web"
        let binding = VaultRoleBinding(metadata: metadata, spec: spec)
        let store = Store<VaultRoleBinding>()
        store.apply(.upsert(binding))
        func grounds() -> BindingGrounds { book.grounds(for: binding, subject: .serviceAccounts(["web"])) }
        let refused = grounds()
        simulated.set([.permissive])
        let allowed = grounds()
        #expect(await book.policyPath(of: binding, on: refused, in: store) == nil)
        simulated.set([])
        #expect(await book.policyPath(of: binding, on: allowed, in: store) == "sys/policies/acl/web")
        simulated.set([.permissive])
        _ = book.reserve(["web"])
        #expect(await book.policyPath(of: binding, on: grounds(), in: store) == nil)
        #expect(await book.policyPath(of: binding, on: allowed, in: store) == "sys/policies/acl/web")
    }

    @Test("and so is an identity")
    func identityGrounds() async throws {
        var spec = WorkloadIdentitySpec()
        spec.spiffeID = "/shared/web"
        let identity = WorkloadIdentity(metadata: metadata, spec: spec)
        let store = Store<WorkloadIdentity>()
        store.apply(.upsert(identity))
        let refused = book.grounds(for: identity)
        simulated.set([.permissive])
        let allowed = book.grounds(for: identity)
        #expect(await book.desired(for: identity, on: refused, in: store) == nil)
        simulated.set([])
        let id = try #require(await book.desired(for: identity, on: allowed, in: store)?.spiffeID)
        simulated.set([.permissive])
        simulated.set(ownID: id)
        #expect(await book.desired(for: identity, on: book.grounds(for: identity), in: store) == nil)
        #expect(await book.desired(for: identity, on: allowed, in: store) != nil)
    }
}
