import KubernetesModel
import Testing

@Suite("additionalPrinterColumns")
struct PrinterColumnTests {
    private static let ready = [
        #"Ready string .status.conditions[?(@.type=="Ready")].status"#,
        #"Reason string .status.conditions[?(@.type=="Ready")].reason"#,
        "Age date .metadata.creationTimestamp",
    ]

    @Test(
        "are these, in this order",
        arguments: [
            (
                PublishedKind.workloadIdentity,
                [
                    "SPIFFE ID string .status.spiffeID", "Placement string .status.placement wide",
                    "Entries integer .status.entryCount",
                ] + ready
            ),
            (
                PublishedKind.vaultRoleBinding,
                [
                    "Identity string .spec.workloadIdentityRef.name", "Role string .status.vault.roleName",
                    "DB roles integer .status.vault.databaseRoleCount wide",
                ] + ready
            ),
            (
                PublishedKind.identityBoundary,
                [
                    "Namespaces integer .status.namespaces", "Resources integer .status.resources",
                    "Violating integer .status.violating", "On violation string .spec.onViolation wide",
                ] + ready
            ),
            (
                PublishedKind.vaultMount,
                [
                    "Path string .status.path", "Type string .spec.type", "Accessor string .status.accessor wide",
                ] + ready
            ),
        ])
    func columns(kind: PublishedKind, expected: [String]) throws {
        let columns = try #require(kind.version()["additionalPrinterColumns"]?.array)
        let printed = columns.map { column in
            let texts = ["name", "type", "jsonPath"].map { column[$0]?.string ?? "?" }
            return (texts + (column["priority"] == 1 ? ["wide"] : [])).joined(separator: " ")
        }
        #expect(printed == expected)
    }
}
