import KubernetesModel
import TestSupport
import Testing

@Suite("Commands on pages")
struct PageCommandTests {
    /// A command with its place.
    private struct Placed {
        let place: String
        let command: ShellText.Command
    }

    private static func commands() throws -> [Placed] {
        try Checkout.pages().flatMap { page in
            try PageBlock.all(of: page).flatMap(\.scripts).flatMap(\.commands)
                .map { Placed(place: "\(page):\($0.line)", command: $0) }
        }
    }

    @Test("of kubectl are about kinds that there are")
    func kinds() throws {
        var known = Self.coreKinds
        for file in try Checkout.yamlFiles(in: "crds") {
            let names = try #require(Checkout.documents(file).first?["spec"]?["names"])
            let plural = try #require(names["plural"]?.string)
            known.formUnion([plural, "\(plural).lanyard.dev"])
            for list in ["shortNames", "categories"] {
                known.formUnion((names[list]?.array ?? []).compactMap(\.string))
            }
            if let singular = names["singular"]?.string { known.insert(singular) }
        }
        var seen: Set<String> = []
        for placed in try Self.commands() where placed.command.program == "kubectl" {
            for kind in Self.subjects(of: placed.command) {
                seen.insert(kind)
                // Of other groups nothing is known here.
                let isForeign = kind.contains(".") && !kind.hasSuffix(".lanyard.dev")
                #expect(known.contains(kind) || isForeign, "\(placed.place): \(kind)")
            }
        }
        #expect(seen.isSuperset(of: ["wid", "vrb", "vmt", "lanyard", "ownershiprecords", "deployment"]))
    }

    @Test("name scripts, folders and files that are in the checkout")
    func files() throws {
        var seen: Set<String> = []
        for placed in try Self.commands() {
            for word in placed.command.words where Self.isInCheckout(word) {
                seen.insert(word)
                #expect(Checkout.exists(word), "\(placed.place): \(word)")
            }
        }
        #expect(seen.isSuperset(of: ["hack/demo", "hack/env", "manifests/samples/", "crds/"]))
        for page in try Checkout.pages() {
            for span in try Checkout.codeSpans(of: page) where span.hasPrefix("hack/") {
                let script = String(span.prefix { $0 != " " })
                #expect(Checkout.exists(script), "\(page): \(script)")
            }
        }
    }

    @Test("would be noticed if they were wrong")
    func strangers() {
        func subjects(_ text: String) -> [[String]] { ShellText(text).commands.map { Self.subjects(of: $0) } }
        #expect(subjects("kubectl -n shop get wids/web,vrb -o yaml") == [["wids", "vrb"]])
        #expect(subjects("kubectl rollout status deploymint/x; kubectl apply -f x") == [["deploymint"], []])
        #expect(Self.isInCheckout("hack/nothing") && !Checkout.exists("hack/nothing"))
    }

    private static func isInCheckout(_ word: String) -> Bool {
        ["hack/", "manifests/", "crds/", "docs/", "Sources/", "Tests/"].contains { word.hasPrefix($0) }
            && !word.contains { "$*…".contains($0) }
    }

    /// What a command of kubectl is about; nothing where files say it.
    private static func subjects(of command: ShellText.Command) -> [String] {
        var words = command.words.dropFirst()
        var plain: [String] = []
        while let word = words.popFirst(), word != "--" {
            if valued.contains(word) {
                words = words.dropFirst()
            } else if !word.hasPrefix("-") {
                plain.append(word)
            }
        }
        guard let verb = plain.first, let place = places[verb], plain.count > place else { return [] }
        return plain[place].split(separator: ",").compactMap { $0.split(separator: "/").first.map(String.init) }
    }

    /// Options with a value of their own.
    private static let valued: Set<String> = [
        "-n", "-f", "-k", "-o", "-l", "-p", "-c", "--namespace", "--type", "--for", "--field-selector", "--timeout",
    ]
    /// Which word of a command names the kind.
    private static let places = [
        "annotate": 1, "delete": 1, "describe": 1, "explain": 1, "get": 1, "label": 1, "patch": 1, "rollout": 2,
        "scale": 1, "wait": 1,
    ]
    private static let coreKinds: Set<String> = [
        "namespaces", "namespace", "ns", "pods", "pod", "nodes", "node", "events", "secrets", "secret", "configmaps",
        "configmap", "deployments", "deployment", "deploy", "daemonset", "statefulset", "services", "service",
        "serviceaccounts", "serviceaccount", "leases", "lease", "crd", "endpoints", "endpointslices", "podmonitor",
        "prometheusrule",
    ]
}
