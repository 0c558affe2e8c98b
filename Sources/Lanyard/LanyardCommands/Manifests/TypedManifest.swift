import KubernetesModel
import LanyardAPI
import LanyardCore

/// An object of a manifest as the type that it is, and where it does not fit that type.
struct TypedManifest {
    let document: ManifestDocument
    /// Nil for kinds that nothing is said about.
    let kind: String?
    /// An object of a kind that people write, or a namespace; nil when it does not fit its type.
    let content: (any KubernetesResource)?
    /// What the schema says.
    let problems: [SpecViolation]
    /// Nil when there is none.
    let metadata: ObjectMeta?

    init(_ document: ManifestDocument, defaultNamespace: String?) {
        self.document = document
        var value = document.value
        let name = value["kind"]?.string ?? ""
        let isNamespaced = LanyardKind.declared.contains { $0.descriptor.kind == name && $0.descriptor.isNamespaced }
        if isNamespaced, value["metadata"]?["namespace"] == nil, let defaultNamespace {
            var metadata = value["metadata"]?.object ?? [:]
            metadata["namespace"] = .string(defaultNamespace)
            value["metadata"] = .object(metadata)
        }
        metadata = try? value["metadata"]?.decoded(as: ObjectMeta.self)
        let version = value["apiVersion"]?.string
        if version == Self.version, let read = Self.readers[name] {
            (content, problems) = read(value)
            kind = name
        } else if version == "v1", name == NamespaceMetadata.descriptor.kind {
            content = try? value.decoded(as: NamespaceMetadata.self)
            problems = []
            kind = nil
        } else {
            content = nil
            let isMeant = Self.isMeantForLanyard(version, name)
            problems = isMeant ? [Self.unknownKind(version, name)] : []
            kind = isMeant ? name : nil
        }
    }

    private static let version = "\(LanyardGroup.name)/\(LanyardGroup.version)"

    private typealias Reader = @Sendable (JSONValue) -> ((any KubernetesResource)?, [SpecViolation])

    /// How objects of the kinds are read that people write.
    private static let readers: [String: Reader] = Dictionary(
        uniqueKeysWithValues: LanyardKind.declared.map { ($0.descriptor.kind, reader(of: $0.type)) })

    private static func reader<Object: KubernetesResource>(of type: Object.Type) -> Reader {
        { value in
            let (object, problems) = SchemaReading.read(type, from: value)
            return (object, problems)
        }
    }

    /// Whether an object that has none of the kinds was to have one: what is of another group, or is the operator's own, is
    /// left alone; a misspelt kind must not pass as if it had been looked at.
    private static func isMeantForLanyard(_ version: String?, _ kind: String) -> Bool {
        if version == Self.version { return kind != OwnershipRecord.descriptor.kind }
        if version?.hasPrefix("\(LanyardGroup.name)/") == true { return true }
        return version?.contains("/") != true && readers[kind] != nil
    }

    private static func unknownKind(_ version: String?, _ kind: String) -> SpecViolation {
        guard version == Self.version else {
            return SpecViolation(kind: .invalid, field: "apiVersion", message: "must be \(Self.version)")
        }
        let near = Spelling.nearest(to: kind, among: readers.keys.sorted()).map { "; did you mean \($0)?" } ?? ""
        return SpecViolation(
            kind: .invalid, field: "kind", message: "\(Printable.quoted(kind)) is no kind of \(Self.version)\(near)")
    }
}
