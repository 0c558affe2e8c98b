import KubernetesModel
import LanyardAPI
import Testing

@Suite("Schema and Swift type")
struct SchemaShapeTests {
    @Test("have the same fields", arguments: PublishedKind.all)
    func fields(kind: PublishedKind) throws {
        let schema = try kind.schema()
        let inSchema = Set(schema.all.map(\.path))
        let inSwift = try schema.paths(of: kind.populatedBody())
        #expect(inSwift.subtracting(inSchema) == [])
        #expect(inSchema.subtracting(inSwift) == [])
    }

    @Test("agree on types", arguments: PublishedKind.all)
    func types(kind: PublishedKind) throws {
        #expect(try kind.schema().violations(of: kind.populatedBody()) == [])
        #expect(try kind.decodes(kind.populated()))
    }

    @Test("require the same fields", arguments: PublishedKind.all)
    func requiredFields(kind: PublishedKind) throws {
        let removals = try kind.schema().removals(from: kind.populated())
        #expect(removals.count > 5)
        for removal in removals {
            #expect(kind.decodes(removal.remainder) == !removal.isRequired, "\(removal.path)")
        }
    }

    @Test(
        "know the same choices",
        arguments: [
            (PublishedKind.workloadIdentity, "placement", ["Cluster", "Node", "Pod"]),
            (PublishedKind.workloadIdentity, "driftPolicy", ["Correct", "Report"]),
            (PublishedKind.workloadIdentity, "deletionPolicy", ["Delete", "Orphan"]),
            (PublishedKind.vaultRoleBinding, "driftPolicy", ["Correct", "Report"]),
            (PublishedKind.vaultRoleBinding, "deletionPolicy", ["Delete", "Orphan"]),
            (PublishedKind.vaultMount, "type", VaultMountType.allCases.map(\.rawValue)),
            (PublishedKind.vaultMount, "driftPolicy", ["Correct", "Report"]),
            (PublishedKind.vaultMount, "deletionPolicy", ["Delete", "Orphan"]),
        ])
    func choices(kind: PublishedKind, field: String, choices: [String]) throws {
        let node = try #require(kind.specSchema().member(field))
        #expect(node.schema["enum"] == .array(choices.map(JSONValue.string)))
        func decodes(_ choice: String) throws -> Bool {
            var object = try kind.populated()
            object["spec"]?[field] = .string(choice)
            return kind.decodes(object)
        }
        for choice in choices { #expect(try decodes(choice), "\(choice)") }
        #expect(try !decodes("Other"))
    }

    @Test("allow as many entries in status as the operator puts there")
    func statusEntries() throws {
        let status = try #require(PublishedKind.workloadIdentity.schema().member("status"))
        #expect(status.member("entries")?.schema["maxItems"] == 20)
    }

    @Test("allow more names of former policies in a record than the operator puts there")
    func tombstones() throws {
        let schema = try #require(PublishedKind.ownershipRecord.specSchema().member("tombstones")).schema
        #expect(try #require(schema["maxItems"]?.integer) > Int64(OwnershipRecord.Tombstone.limit))
    }
}
