import ArgumentParser
import FoundationEssentials
import KubernetesModel
import LanyardAPI

/// `lanyard crds [NAME…]`
struct CRDsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crds", abstract: "Print the definitions of the kinds that this version works with.",
        discussion: """
            They are those of the manifests of the same version, for clusters to which definitions come on a way of their \
            own. Apply those of a new version before its operator starts.

            Examples:

              lanyard crds | kubectl apply --server-side -f -
              lanyard crds vaultmounts vaultrolebindings
              lanyard crds -o name
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case yaml, json, name
    }

    /// Plural names, in the order in which they are printed.
    private static let all = LanyardKind.all.map(\.descriptor.plural).sorted()

    private static func yaml(of plural: String) -> String? {
        PublishedDefinitions.yaml["\(plural).\(LanyardGroup.name)"]
    }

    @Argument(
        help: ArgumentHelp("Plural names of kinds, such as vaultmounts; all of them without any.", valueName: "name"),
        completion: .list(CRDsCommand.all))
    var names: [String] = []

    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .yaml

    func validate() throws {
        for name in names where !Self.all.contains(name) {
            let known = Self.all.joined(separator: ", ")
            throw ValidationError("there is no kind \(Printable.quoted(name)); there are \(known)")
        }
    }

    func run() throws {
        print(try text())
    }

    /// What is printed, without the last line break.
    ///
    /// - Throws: never in practice; parsers and encoders say so.
    func text() throws -> String {
        let chosen = names.isEmpty ? Self.all : names
        let yaml = chosen.compactMap { Self.yaml(of: $0) }.joined(separator: "---\n")
        switch output {
        case .yaml:
            return String(yaml.dropLast())
        case .name:
            return chosen.map { "customresourcedefinition.apiextensions.k8s.io/\($0).\(LanyardGroup.name)" }
                .joined(separator: "\n")
        case .json:
            let files = ManifestFiles(standardInput: { Data(yaml.utf8) })
            let items = try files.documents(at: ["-"]).map(\.value)
            let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(items)]
            return try Printable.json(list)
        }
    }
}
