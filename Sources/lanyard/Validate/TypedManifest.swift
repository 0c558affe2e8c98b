import KubernetesModel
import LanyardAPI
import LanyardCore

/// An object of a manifest as the type that it is, and where it does not fit that type.
struct TypedManifest {
    /// The types that are looked at.
    enum Content {
        case identity(WorkloadIdentity)
        case binding(VaultRoleBinding)
        case boundary(IdentityBoundary)
        case template(DatabaseRoleTemplate)
        case mount(VaultMount)
        case namespace(NamespaceMetadata)
    }

    let document: ManifestDocument
    /// Nil for kinds that nothing is said about.
    let kind: String?
    /// Nil when the object does not fit its type.
    let content: Content?
    /// What the schema says.
    let problems: [SpecViolation]
    /// Nil when there is none.
    let metadata: ObjectMeta?

    /// Reads an object.
    init(_ document: ManifestDocument, defaultNamespace: String?) {
        self.document = document
        var value = document.value
        let name = value["kind"]?.string ?? ""
        let isNamespaced = [WorkloadIdentity.descriptor.kind, VaultRoleBinding.descriptor.kind].contains(name)
        if isNamespaced, value["metadata"]?["namespace"] == nil, let defaultNamespace {
            var metadata = value["metadata"]?.object ?? [:]
            metadata["namespace"] = .string(defaultNamespace)
            value["metadata"] = .object(metadata)
        }
        metadata = try? value["metadata"]?.decoded(as: ObjectMeta.self)
        func read<Object: KubernetesResource>(
            _ type: Object.Type, _ wrap: (Object) -> Content
        ) -> (Content?, [SpecViolation]) {
            let (object, problems) = SchemaReading.read(type, from: value)
            return (object.map(wrap), problems)
        }
        switch (value["apiVersion"]?.string, name) {
        case (LanyardGroup.name + "/" + LanyardGroup.version, WorkloadIdentity.descriptor.kind):
            (content, problems) = read(WorkloadIdentity.self) { .identity($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, VaultRoleBinding.descriptor.kind):
            (content, problems) = read(VaultRoleBinding.self) { .binding($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, IdentityBoundary.descriptor.kind):
            (content, problems) = read(IdentityBoundary.self) { .boundary($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, DatabaseRoleTemplate.descriptor.kind):
            (content, problems) = read(DatabaseRoleTemplate.self) { .template($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, VaultMount.descriptor.kind):
            (content, problems) = read(VaultMount.self) { .mount($0) }
            kind = name
        case ("v1", NamespaceMetadata.descriptor.kind):
            content = (try? value.decoded(as: NamespaceMetadata.self)).map { .namespace($0) }
            problems = []
            kind = nil
        case (let version?, _) where version.hasPrefix("\(LanyardGroup.name)/") && !version.hasSuffix("/v1alpha1"):
            content = nil
            problems = [
                SpecViolation(kind: .invalid, field: "apiVersion", message: "must be \(LanyardGroup.name)/v1alpha1")
            ]
            kind = name
        case (let version, _) where Self.isMeantForLanyard(version, name):
            content = nil
            problems = [Self.unknownKind(version, name)]
            kind = name
        default:
            content = nil
            problems = []
            kind = nil
        }
    }

    private static let version = "\(LanyardGroup.name)/\(LanyardGroup.version)"

    /// All kinds that an author can write.
    private static let kinds = [
        WorkloadIdentity.descriptor, VaultRoleBinding.descriptor, IdentityBoundary.descriptor,
        DatabaseRoleTemplate.descriptor, VaultMount.descriptor,
    ].map(\.kind)

    /// Whether an object that has none of the kinds was to have one: what is of another group, or is the operator's own, is
    /// left alone; a misspelt kind must not pass as if it had been looked at.
    private static func isMeantForLanyard(_ version: String?, _ kind: String) -> Bool {
        if version == Self.version { return kind != OwnershipRecord.descriptor.kind }
        return version?.contains("/") != true && kinds.contains(kind)
    }

    private static func unknownKind(_ version: String?, _ kind: String) -> SpecViolation {
        guard version == Self.version else {
            return SpecViolation(kind: .invalid, field: "apiVersion", message: "must be \(Self.version)")
        }
        let near = Spelling.nearest(to: kind, among: kinds).map { "; did you mean \($0)?" } ?? ""
        return SpecViolation(
            kind: .invalid, field: "kind", message: "\(Printable.quoted(kind)) is no kind of \(Self.version)\(near)")
    }
}
