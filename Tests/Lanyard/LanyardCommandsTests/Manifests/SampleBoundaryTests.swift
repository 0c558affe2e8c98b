import KubernetesModel
import LanyardAPI
import LanyardCore
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("The samples' boundaries")
struct SampleBoundaryTests {
    private let settings: PlanningSettings
    private let manifests: [TypedManifest]

    init() throws {
        let folder = Checkout.path("manifests/samples")
        settings = try PlanningSettings.sample()
        manifests = try ManifestFiles().documents(at: [folder]).map { TypedManifest($0, defaultNamespace: nil) }
    }

    private var boundaries: [IdentityBoundary] {
        manifests.compactMap { $0.content as? IdentityBoundary }
    }

    /// How many of the samples are refused when one of the boundaries is another.
    private func refused(
        in name: String = "", under change: (inout IdentityBoundarySpec) -> Void = { _ in }
    ) -> Int {
        var objects = manifests.reduce(into: DeclaredObjects()) { $0.add($1) }
        for index in objects.boundaries.indices where objects.boundaries[index].metadata.name == name {
            change(&objects.boundaries[index].spec)
        }
        let context = ValidationContext(objects, settings: settings)
        return manifests.filter { !context.violations(of: $0).isEmpty && $0.kind != "IdentityBoundary" }.count
    }

    @Test("allow what the samples use")
    func allows() {
        #expect(refused() == 0)
        #expect(
            boundaries.map(\.metadata.name) == ["neural-hive", "neural-hive-orchestration", "neural-hive-execution"])
    }

    @Test("are right, and none of them lets namespaces share names")
    func right() {
        for boundary in boundaries {
            #expect(BoundarySet.violations(of: boundary, settings: settings) == nil)
            #expect(boundary.spec.sharedNames == nil)
        }
    }

    @Test("allow just that: without any one of their entries something is refused")
    func justThat() throws {
        var entries = 0
        for boundary in boundaries {
            func expectNeeded(_ what: String, _ change: (inout IdentityBoundarySpec) -> Void) {
                entries += 1
                #expect(refused(in: boundary.metadata.name, under: change) > 0, "\(boundary.metadata.name): \(what)")
            }
            let spec = boundary.spec
            for index in (spec.identity?.spiffeIDs ?? []).indices {
                expectNeeded("spiffeIDs") { $0.identity?.spiffeIDs?.remove(at: index) }
            }
            if spec.identity?.maxX509TTL != nil { expectNeeded("maxX509TTL") { $0.identity?.maxX509TTL = "59m" } }
            if spec.identity?.maxJWTTTL != nil { expectNeeded("maxJWTTTL") { $0.identity?.maxJWTTTL = "59m" } }
            if spec.vault?.maxTokenTTL != nil { expectNeeded("maxTokenTTL") { $0.vault?.maxTokenTTL = "23h" } }
            for index in (spec.vault?.names ?? []).indices {
                expectNeeded("names") { $0.vault?.names?.remove(at: index) }
            }
            for (index, path) in (spec.vault?.paths ?? []).enumerated() {
                expectNeeded(path.path) { $0.vault?.paths?.remove(at: index) }
                for place in path.capabilities.indices {
                    expectNeeded(path.path) { $0.vault?.paths?[index].capabilities.remove(at: place) }
                }
            }
            for index in (spec.vault?.databases ?? []).indices {
                expectNeeded("databases") { $0.vault?.databases?.remove(at: index) }
                expectNeeded("inlineStatements") { $0.vault?.databases?[index].inlineStatements = false }
            }
        }
        #expect(entries > 20)
    }
}
