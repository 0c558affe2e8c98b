import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing

@Suite("BoundaryTriggers")
struct BoundaryTriggersTests {
    private let boundaries = Store<IdentityBoundary>()
    private let namespaces = Store<NamespaceMetadata>()
    private let identities = Store<WorkloadIdentity>(indices: IdentityIndex.all)
    private let bindings: Store<VaultRoleBinding>
    private let triggers: BoundaryTriggers

    init() throws {
        let settings = try SimulatedWorld(seed: 1).settings
        bindings = Store(indices: BindingIndex.all(settings: settings))
        triggers = BoundaryTriggers(
            boundaries: boundaries, namespaces: namespaces, identities: identities, bindings: bindings)
        for namespace in ["shop", "shop-2", "farm"] {
            let metadata = ObjectMeta(name: "web", namespace: namespace)
            identities.apply(.upsert(WorkloadIdentity(metadata: metadata)))
            bindings.apply(.upsert(VaultRoleBinding(metadata: metadata)))
            namespaces.apply(.upsert(self.namespace(namespace, ["team": namespace])))
        }
    }

    private func namespace(_ name: String, _ labels: [String: String]) -> NamespaceMetadata {
        NamespaceMetadata(metadata: ObjectMeta(name: name, labels: labels))
    }

    private func boundary(_ names: [String], labels: [String: String] = [:]) -> IdentityBoundary {
        var spec = IdentityBoundarySpec()
        spec.namespaces = .init(names: names, selector: .init(matchLabels: labels))
        return IdentityBoundary(metadata: ObjectMeta(name: "b"), spec: spec)
    }

    private func keys(_ namespaces: String...) -> BoundaryTriggers.Concerned {
        let keys = namespaces.map { ObjectKey(namespace: $0, name: "web") }
        return .init(identities: keys, bindings: keys)
    }

    @Test("a boundary concerns the objects of the namespaces that it was or is about, and no others")
    func boundaryChanges() {
        let shop = boundary(["shop"])
        #expect(triggers.objects(for: Delta(old: nil, new: shop)) == keys("shop"))
        #expect(triggers.objects(for: Delta(old: shop, new: nil)) == keys("shop"))
        #expect(triggers.objects(for: Delta(old: shop, new: boundary(["farm"]))) == keys("farm", "shop"))
        #expect(triggers.objects(for: Delta(old: nil, new: boundary(["shop*"]))) == keys("shop", "shop-2"))
        #expect(triggers.objects(for: Delta(old: nil, new: boundary([], labels: ["team": "farm"]))) == keys("farm"))
        var reported = shop
        reported.status = IdentityBoundaryStatus()
        #expect(triggers.objects(for: Delta(old: shop, new: reported)) == .init())
    }

    @Test("a boundary that cannot be decoded concerns every object: whose it is is not known")
    func undecodable() {
        #expect(triggers.all == keys("farm", "shop", "shop-2"))
    }

    @Test("labels of a namespace concern its objects if a boundary selects by them")
    func labelChanges() {
        boundaries.apply(.upsert(boundary([], labels: ["team": "shop"])))
        let old = namespace("shop", ["team": "shop"])
        #expect(triggers.objects(for: Delta(old: old, new: namespace("shop", ["team": "x"]))) == keys("shop"))
        #expect(triggers.objects(for: Delta(old: old, new: namespace("shop", ["team": "shop", "a": "b"]))) == .init())
        #expect(triggers.objects(for: Delta(old: nil, new: old)) == keys("shop"))
        #expect(triggers.objects(for: Delta(old: old, new: nil)) == .init())
    }

    @Test("a namespace has the boundaries that are about it")
    func boundariesOfNamespaces() {
        boundaries.apply(.upsert(boundary(["shop*"])))
        #expect(triggers.boundaries(about: "shop-2").map(\.name) == ["b"])
        #expect(triggers.boundaries(about: "farm") == [])
    }
}
