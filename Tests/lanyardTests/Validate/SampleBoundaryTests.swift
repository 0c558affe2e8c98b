import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import lanyard

@Suite("The samples' boundary")
struct SampleBoundaryTests {
    private func refused(under change: (inout IdentityBoundarySpec) -> Void) throws -> Int {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "manifests/samples").path
        let settings = try OperatorConfiguration(ConfigurationSample.sources()).planning
        let manifests = try ManifestFiles().documents(at: [folder]).map { TypedManifest($0, defaultNamespace: nil) }
        var context = ValidationContext(settings: settings)
        for manifest in manifests {
            guard case .boundary(var boundary) = manifest.content else {
                context.add(manifest)
                continue
            }
            change(&boundary.spec)
            context.add(boundary)
        }
        return manifests.filter { !context.violations(of: $0).isEmpty && $0.kind != "IdentityBoundary" }.count
    }

    @Test("allows what the samples use")
    func allows() throws {
        #expect(try refused { _ in } == 0)
    }

    @Test("allows just that: without any one of its entries something is refused")
    func justThat() throws {
        #expect(try refused { $0.identity?.spiffeIDs = [] } > 0)
        #expect(try refused { $0.identity?.maxX509TTL = "59m" } > 0)
        #expect(try refused { $0.identity?.maxJWTTTL = "59m" } > 0)
        #expect(try refused { $0.vault?.names = [] } > 0)
        #expect(try refused { $0.vault?.maxTokenTTL = "23h" } > 0)
        for index in 0..<3 {
            #expect(try refused { $0.vault?.paths?.remove(at: index) } > 0)
            let capabilities = try boundaryCapabilities(index)
            for place in capabilities.indices {
                #expect(try refused { $0.vault?.paths?[index].capabilities.remove(at: place) } > 0)
            }
        }
        #expect(try refused { $0.vault?.databases?[0].inlineStatements = false } > 0)
        #expect(try refused { $0.vault?.databases = [] } > 0)
    }

    private func boundaryCapabilities(_ index: Int) throws -> [String] {
        var capabilities: [String] = []
        _ = try refused { capabilities = $0.vault?.paths?[index].capabilities ?? [] }
        return capabilities
    }
}
