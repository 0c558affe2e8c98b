import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

@testable import LanyardCommands

@Suite("lanyard crds")
struct CRDsCommandTests {
    @Test("prints what crds/ has, of every kind")
    func everything() throws {
        let files = try Checkout.yamlFiles(in: "crds").map { try Checkout.text($0) }
        #expect(files.count == LanyardKind.all.count)
        #expect(try CRDsCommand.parse([]).text() + "\n" == files.joined(separator: "---\n"))
        let names = LanyardKind.all.map { "\($0.descriptor.plural).\(LanyardGroup.name)" }.sorted()
        let printed = try CRDsCommand.parse(["-o", "name"]).text().split(separator: "\n").map(String.init)
        #expect(printed == names.map { "customresourcedefinition.apiextensions.k8s.io/\($0)" })
    }

    @Test("prints some of them, and JSON that says the same")
    func some() throws {
        #expect(
            try CRDsCommand.parse(["vaultmounts"]).text() + "\n" == Checkout.text("crds/vaultmounts.yaml"))
        let json = try CRDsCommand.parse(["vaultmounts", "workloadidentities", "-o", "json"]).text()
        let items = try JSON.decode(JSONValue.self, from: Data(json.utf8))["items"]?.array ?? []
        let names = items.map { $0["metadata"]?["name"]?.string }
        #expect(names == ["vaultmounts.lanyard.dev", "workloadidentities.lanyard.dev"])
        #expect(items.allSatisfy { $0["spec"]?["versions"]?.array?.first?["schema"]?["openAPIV3Schema"] != nil })
    }

    @Test("refuses a kind that there is not")
    func unknown() throws {
        let error = try #require(throws: (any Error).self) { _ = try Lanyard.parseAsRoot(["crds", "mounts"]) }
        #expect(Lanyard.exitCode(for: error).rawValue == 64)
        #expect(Lanyard.message(for: error).contains("vaultmounts"))
    }
}
