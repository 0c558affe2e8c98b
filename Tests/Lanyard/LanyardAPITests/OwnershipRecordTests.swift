import KubernetesModel
import Testing

@testable import LanyardAPI

@Suite("OwnershipRecord")
struct OwnershipRecordTests {
    @Test(
        "the namespace of an owner comes back as it was, and is left out where there is none",
        arguments: [("shop", true), ("", false)])
    func ownerNamespace(namespace: String, isWritten: Bool) throws {
        let owner = OwnershipRecord.Owner(kind: "VaultMount", namespace: namespace, name: "pki", uid: "u")
        let json = try JSON.encode(owner)
        #expect(try JSONValue(parsing: json)["namespace"]?.string == (isWritten ? namespace : nil))
        #expect(try JSON.decode(OwnershipRecord.Owner.self, from: json) == owner)
    }
}
