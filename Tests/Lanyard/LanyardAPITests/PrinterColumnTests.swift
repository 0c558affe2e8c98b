import KubernetesModel
import Testing

@Suite("additionalPrinterColumns")
struct PrinterColumnTests {
    private static let ready = [
        #"Ready string .status.conditions[?(@.type=="Ready")].status"#,
        #"Reason string .status.conditions[?(@.type=="Ready")].reason"#,
    ]
    private static let age = "Age date .metadata.creationTimestamp"

    @Test("are those of the kind, in their order, and then what is said of each", arguments: PublishedKind.all)
    func columns(kind: PublishedKind) throws {
        let columns = try #require(kind.version()["additionalPrinterColumns"]?.array)
        let printed = columns.map { column in
            let texts = ["name", "type", "jsonPath"].map { column[$0]?.string ?? "?" }
            return (texts + (column["priority"] == 1 ? ["wide"] : [])).joined(separator: " ")
        }
        #expect(printed == kind.columns + (kind.hasStatus ? Self.ready : []) + [Self.age])
    }
}
