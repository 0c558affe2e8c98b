import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@testable import LanyardCommands

@Suite("TypedManifest")
struct TypedManifestTests {
    private func read(_ descriptor: ResourceDescriptor) throws -> TypedManifest {
        let text = "{apiVersion: \(descriptor.apiVersion), kind: \(descriptor.kind), metadata: {name: web}}"
        let documents = try ManifestFiles(standardInput: { Data(text.utf8) }).documents(at: ["-"])
        return TypedManifest(try #require(documents.first), defaultNamespace: "shop")
    }

    @Test("knows each kind that people write", arguments: LanyardKind.declared.map(\.descriptor))
    func known(descriptor: ResourceDescriptor) throws {
        let manifest = try read(descriptor)
        #expect(manifest.kind == descriptor.kind)
        #expect(!manifest.problems.contains { $0.field == "kind" })
        #expect(manifest.metadata?.namespace == (descriptor.isNamespaced ? "shop" : nil))
    }

    @Test("each kind that is not held against a boundary is held against its own rules")
    func ruled() {
        let bounded = [WorkloadIdentity.descriptor, VaultRoleBinding.descriptor]
        for kind in LanyardKind.declared where !bounded.contains(kind.descriptor) {
            let isRuled = kind.type is any SelfContainedKind.Type
            #expect(isRuled, "\(kind.descriptor.kind)")
        }
    }

    @Test("leaves the operator's own kind alone")
    func own() throws {
        let manifest = try read(OwnershipRecord.descriptor)
        #expect(manifest.kind == nil && manifest.problems.isEmpty)
    }
}
