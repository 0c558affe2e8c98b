import KubernetesModel
import LanyardAPI
import Testing

@Suite("Documentation")
struct DocumentationTests {
    @Test("explains every reason and nothing else")
    func reasons() throws {
        let documented = try Checkout.firstCells(of: "docs/conditions.md", section: "Reasons")
        #expect(documented.sorted() == Reason.allCases.map(\.rawValue).sorted())
    }

    @Test("explains every condition type and nothing else")
    func types() throws {
        // The constants have no list of their own, so that the source is asked for them.
        let source = try Checkout.text("Sources/LanyardAPI/ConditionType.swift")
        let constants = source.split(separator: "\n").filter { $0.contains("static let ") }
            .compactMap { line in line.split(separator: "\"").dropFirst().first.map(String.init) }
        let documented = try Checkout.firstCells(of: "docs/conditions.md", section: "Types")
        #expect(constants.contains(ConditionType.ready))
        #expect(documented.sorted() == constants.sorted())
    }

    @Test(
        "has every field of a spec in the reference of its kind",
        arguments: [
            PublishedKind.workloadIdentity, PublishedKind.vaultRoleBinding, PublishedKind.databaseRoleTemplate,
            PublishedKind.identityBoundary, PublishedKind.vaultMount,
        ])
    func fields(kind: PublishedKind) throws {
        let fields = try kind.specSchema().all.map(\.path).filter {
            $0 != "spec" && !$0.hasSuffix("[]") && !$0.hasSuffix("{}")
        }
        let reference = "docs/reference/\(kind.descriptor.kind.lowercased()).md"
        let documented = try Checkout.firstCells(of: reference, section: "spec").map { "spec.\($0)" }
        #expect(documented.sorted() == fields.sorted())
    }

    @Test("shows an example in the README that the types accept")
    func readmeExample() throws {
        let text = try Checkout.text("README.md")
        let example = try #require(text.components(after: "```yaml\n", before: "```"))
        let documents = try Checkout.documents(yaml: example)
        #expect(documents.map { $0["kind"] } == ["WorkloadIdentity", "VaultRoleBinding"])
        for (document, kind) in zip(documents, PublishedKind.all) {
            #expect(try kind.specSchema().violations(of: #require(document["spec"])) == [])
            #expect(kind.decodes(document))
        }
    }

    @Test(
        "has no link that leads nowhere",
        arguments: [
            "README.md", "docs/README.md", "docs/overview.md", "docs/testing.md", "docs/conditions.md",
            "docs/configuration.md", "docs/operations.md", "docs/metrics.md", "docs/reference/workloadidentity.md",
            "docs/reference/vaultrolebinding.md", "docs/reference/databaseroletemplate.md",
            "docs/reference/identityboundary.md", "docs/field-register.md", "docs/threat-model.md",
            "docs/validate.md", "docs/render.md", "docs/reference/vaultmount.md",
        ])
    func links(file: String) throws {
        let folder = file.split(separator: "/").dropLast().joined(separator: "/")
        let text = try Checkout.text(file)
        let targets = text.split(separator: "](").dropFirst().compactMap { $0.split(separator: ")").first }
        for target in targets where !target.hasPrefix("http") && !target.hasPrefix("#") {
            let path = "\(folder)/\(target.prefix { $0 != "#" })"
            #expect(Checkout.exists(path), "\(target)")
        }
    }
}

extension String {
    /// What stands between the first `start` and the `end` that follows it.
    fileprivate func components(after start: String, before end: String) -> String? {
        guard let begin = firstRange(of: start)?.upperBound, let stop = self[begin...].firstRange(of: end)?.lowerBound
        else { return nil }
        return String(self[begin..<stop])
    }
}
