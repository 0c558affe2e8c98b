import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("Manifests on pages")
struct PageManifestTests {
    /// YAML on a page: a block, or what a command is given.
    private struct Manifest {
        let place: String
        let documents: [ManifestDocument]

        init(place: String, yaml: String) throws {
            self.place = place
            documents = try ManifestFiles(standardInput: { Data(yaml.utf8) }).documents(at: ["-"])
        }

        /// Those of a page, in order.
        static func all(of page: String) throws -> [Manifest] {
            try PageBlock.all(of: page).flatMap { block -> [Manifest] in
                if block.language == "yaml" { return [try Manifest(place: block.description, yaml: block.text)] }
                let documents = block.scripts.flatMap(\.documents).filter { $0.text.contains("apiVersion:") }
                return try documents.map { document in
                    try Manifest(
                        place: "\(page):\(document.line)",
                        yaml: document.isLiteral ? document.text : PageManifestTests.filled(document.text))
                }
            }
        }
    }

    /// What the shell of a reader would put into a document.
    private static func filled(_ text: String) -> String {
        let certificate = ["-----BEGIN CERTIFICATE-----", "MAA=", "-----END CERTIFICATE-----"].map { "      \($0)" }
        let lines = text.split(separator: "\n").flatMap { line in
            line.hasPrefix("$(") ? certificate : [String(line)]
        }
        return lines.joined(separator: "\n").replacing("$KUBE_APISERVER_URL", with: "https://127.0.0.1:6443")
            .replacing("$PGHOST:$PGPORT/$PGDATABASE", with: "127.0.0.1:5432/temporal")
    }

    /// Kinds that others are held against.
    private static let fence: Set<String> = [
        "IdentityBoundary", "DatabaseRoleTemplate", "WorkloadIdentity", "Namespace",
    ]

    private static func identity(_ document: ManifestDocument) -> String {
        let metadata = document.value["metadata"]
        return [document.value["kind"], metadata?["namespace"], metadata?["name"]].map { $0?.string ?? "" }
            .joined(separator: "/")
    }

    @Test("of Lanyard's kinds are accepted, by schema, rules and the boundaries of their page")
    func accepted() throws {
        let validation = Validation(settings: try .sample(), defaultNamespace: nil)
        var kinds: Set<String> = []
        for page in try Checkout.pages() {
            let manifests = try Manifest.all(of: page)
            for (index, manifest) in manifests.enumerated() {
                let own = Set(manifest.documents.map(Self.identity))
                let others = manifests.enumerated().filter { $0.offset != index }.flatMap(\.element.documents)
                    .filter { Self.fence.contains($0.value["kind"]?.string ?? "") && !own.contains(Self.identity($0)) }
                // The page's own are the first ones of the report.
                let count = validation.report(on: manifest.documents).resources.count
                for resource in validation.report(on: manifest.documents + others).resources.prefix(count) {
                    kinds.insert(resource.kind)
                    let messages = resource.violations.map { "\($0.field): \($0.message)" }
                    #expect(messages == [], "\(manifest.place): \(resource.kind) \(resource.key)")
                }
            }
        }
        #expect(kinds == Set(LanyardKind.declared.map(\.descriptor.kind)))
    }

    @Test("would be noticed if they were wrong")
    func wrong() throws {
        let text = """
            apiVersion: lanyard.dev/v1alpha1
            kind: WorkloadIdentity
            metadata: {name: web, namespace: shop}
            spec: {spiffeID: /ns/farm/sa/web, placment: Node}
            """
        let manifest = try Manifest(place: "here", yaml: text)
        let report = Validation(settings: try .sample(), defaultNamespace: nil).report(on: manifest.documents)
        #expect(report.resources.first.map { Set($0.violations.map(\.field)) } == ["spec.placment", "spec.spiffeID"])
        #expect(throws: ManifestProblem.self) { _ = try Manifest(place: "here", yaml: "a: [") }
    }
}
