import TestSupport
import Testing

@testable import LanyardOperator

@Suite("docs/configuration.md")
struct ConfigurationReferenceTests {
    @Test("has every key in the order of the code, with its default")
    func keys() throws {
        let lines = try Checkout.text("docs/configuration.md").split(separator: "\n")
        let section = lines.drop { $0 != "## Keys" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let rows = section.filter { $0.hasPrefix("| `") }
        #expect(rows.map { String($0.dropFirst(3).prefix { $0 != "`" }) } == ConfigurationKey.all.map(\.name))
        for (row, key) in zip(rows, ConfigurationKey.all) {
            let cells = row.split(separator: "|")
            try #require(cells.count == 4, "\(row)")
            switch key.presence {
            case .required: #expect(cells[1].contains("required"), "\(row)")
            case .optional: break
            case .defaultsTo(let text): #expect(cells[1].contains("`\(text)`"), "\(row)")
            }
        }
    }

    @Test("configurations on pages, and those of the manifests, are right")
    func examples() throws {
        var examples: [(place: String, text: String)] = []
        for page in try Checkout.pages() {
            for block in try PageBlock.all(of: page) where block.language == "yaml" {
                examples.append((block.description, block.text))
            }
        }
        for file in try Checkout.files(ending: "config.yaml", in: "manifests") {
            examples.append((file, try Checkout.text(file)))
        }
        let configurations = examples.filter { example in
            example.text.split(separator: "\n").contains { $0.hasPrefix("clusterName:") }
        }
        #expect(configurations.count >= 4)
        for (place, text) in configurations {
            let sources = ConfigurationSources(
                file: ConfigurationFile(name: place, yaml: text), environment: [:], settings: [])
            #expect(throws: Never.self, "\(place)") { _ = try OperatorConfiguration(sources) }
        }
    }
}
