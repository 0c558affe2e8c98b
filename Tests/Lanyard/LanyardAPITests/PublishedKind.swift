import FoundationEssentials
import KubernetesModel
import LanyardAPI
import TestSupport
import Testing

/// A kind as its CRD has to have it: each of `LanyardKind.all` says so beside an object in which every field is set.
protocol PublishedResource: KubernetesResource {
    /// An object in which every field is set, also those that exclude each other.
    static var populated: Self { get }
    /// What people may say for it in `kubectl get`.
    static var shortName: String { get }
    /// What `kubectl get` prints of it before what it prints of each: name, type, path, and `wide` if only with `-o wide`.
    static var columns: [String] { get }
    /// The fields that take one of a few values (`enum`).
    static var choices: Set<String> { get }
    /// The fields that are durations.
    static var durations: Set<String> { get }
}

extension PublishedResource {
    static var columns: [String] { [] }
    static var choices: Set<String> { [] }
    static var durations: Set<String> { [] }
}

/// A kind with its CRD, and an object of it in which every field is set.
struct PublishedKind: Sendable, CustomTestStringConvertible {
    let descriptor: ResourceDescriptor
    let shortName: String
    let hasStatus: Bool
    let columns: [String]
    let choices: Set<String>
    let durations: Set<String>
    /// An object with all fields, as it is sent.
    let populated: @Sendable () throws -> JSONValue
    /// The same as Foundation's encoder writes it.
    let text: @Sendable () throws -> Data
    /// Whether the Swift type can read an object.
    let decodes: @Sendable (JSONValue) -> Bool

    private init<Resource: PublishedResource>(_ type: Resource.Type) {
        descriptor = Resource.descriptor
        shortName = Resource.shortName
        hasStatus = type is any ConditionedResource.Type
        columns = Resource.columns
        choices = Resource.choices
        durations = Resource.durations
        populated = { try JSONValue(encoding: Resource.populated) }
        text = { try JSONEncoder().encode(Resource.populated) }
        decodes = { (try? $0.decoded(as: Resource.self)) != nil }
    }

    // Those that tests ask something special of.
    static let workloadIdentity = PublishedKind(WorkloadIdentity.self)
    static let vaultRoleBinding = PublishedKind(VaultRoleBinding.self)
    static let ownershipRecord = PublishedKind(OwnershipRecord.self)
    static let identityBoundary = PublishedKind(IdentityBoundary.self)
    static let vaultMount = PublishedKind(VaultMount.self)
    static let all = LanyardKind.all.compactMap { kind -> PublishedKind? in
        guard let type = kind.type as? any PublishedResource.Type else { return nil }
        return PublishedKind(type)
    }
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
