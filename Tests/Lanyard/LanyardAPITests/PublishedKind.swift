import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

/// A kind with its CRD, and an object of it in which every field is set.
struct PublishedKind: Sendable, CustomTestStringConvertible {
    let descriptor: ResourceDescriptor
    let shortName: String
    let hasStatus: Bool
    /// An object with all fields, as it is sent.
    let populated: @Sendable () throws -> JSONValue
    /// Whether the Swift type can read an object.
    let decodes: @Sendable (JSONValue) -> Bool

    private init<Resource: KubernetesResource>(_ object: Resource, shortName: String, hasStatus: Bool) {
        descriptor = Resource.descriptor
        self.shortName = shortName
        self.hasStatus = hasStatus
        populated = { try JSONValue(encoding: object) }
        decodes = { (try? $0.decoded(as: Resource.self)) != nil }
    }

    static let workloadIdentity = PublishedKind(WorkloadIdentity.populated, shortName: "wid", hasStatus: true)
    static let vaultRoleBinding = PublishedKind(VaultRoleBinding.populated, shortName: "vrb", hasStatus: true)
    static let databaseRoleTemplate = PublishedKind(
        DatabaseRoleTemplate.populated, shortName: "dbt", hasStatus: true)
    static let ownershipRecord = PublishedKind(OwnershipRecord.populated, shortName: "own", hasStatus: false)
    static let identityBoundary = PublishedKind(IdentityBoundary.populated, shortName: "ib", hasStatus: true)
    static let vaultMount = PublishedKind(VaultMount.populated, shortName: "vmt", hasStatus: true)
    static let all = [
        workloadIdentity, vaultRoleBinding, databaseRoleTemplate, ownershipRecord, identityBoundary, vaultMount,
    ]
    /// Those that people write.
    static let declared = all.filter { $0.author != .theOperator }
    static let ofTenants = all.filter { $0.author == .tenants }

    var testDescription: String { descriptor.kind }

    private var author: LanyardKind.Author? { LanyardKind.all.first { $0.descriptor == descriptor }?.author }

    /// The CRD as published.
    func definition() throws -> JSONValue {
        try #require(Checkout.documents("crds/\(descriptor.plural).yaml").first)
    }

    /// The one version of the CRD.
    func version() throws -> JSONValue {
        let versions = try #require(definition()["spec"]?["versions"]?.array)
        #expect(versions.count == 1)
        return try #require(versions.first)
    }

    /// The schema of the whole object.
    func schema() throws -> SchemaNode {
        SchemaNode(path: "", schema: try #require(version()["schema"]?["openAPIV3Schema"]))
    }

    /// The schema of the spec.
    func specSchema() throws -> SchemaNode { try #require(schema().member("spec")) }

    /// The populated object without metadata, which no schema describes.
    func populatedBody() throws -> JSONValue {
        var body = try populated()
        body["metadata"] = nil
        return body
    }
}
