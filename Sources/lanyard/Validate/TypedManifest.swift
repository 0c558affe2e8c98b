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
        let reader = Reader(value: value)
        switch (value["apiVersion"]?.string, name) {
        case (LanyardGroup.name + "/" + LanyardGroup.version, WorkloadIdentity.descriptor.kind):
            (content, problems) = reader.read(WorkloadIdentity.self) { .identity($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, VaultRoleBinding.descriptor.kind):
            (content, problems) = reader.read(VaultRoleBinding.self) { .binding($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, IdentityBoundary.descriptor.kind):
            (content, problems) = reader.read(IdentityBoundary.self) { .boundary($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, DatabaseRoleTemplate.descriptor.kind):
            (content, problems) = reader.read(DatabaseRoleTemplate.self) { .template($0) }
            kind = name
        case (LanyardGroup.name + "/" + LanyardGroup.version, VaultMount.descriptor.kind):
            (content, problems) = reader.read(VaultMount.self) { .mount($0) }
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
        default:
            content = nil
            problems = []
            kind = nil
        }
    }

    /// Reads a value as a type, and finds the fields that the type does not have: they are what would be lost.
    private struct Reader {
        let value: JSONValue

        func read<Object: KubernetesResource>(
            _ type: Object.Type, _ wrap: (Object) -> Content
        ) -> (Content?, [SpecViolation]) {
            var value = value
            if value["spec"] == nil || value["spec"] == .null { value["spec"] = .object([:]) }
            do {
                let object = try value.decoded(as: type)
                let known = try JSONValue(encoding: object)
                return (wrap(object), lost(value["spec"] ?? .null, in: known["spec"] ?? .null, at: "spec"))
            } catch let error as DecodingError {
                return (nil, [Self.violation(error)])
            } catch {
                return (nil, [SpecViolation(kind: .invalid, field: "spec", message: "cannot be read")])
            }
        }

        private func lost(_ given: JSONValue, in known: JSONValue, at path: String) -> [SpecViolation] {
            if let members = given.object {
                return members.sorted { $0.key < $1.key }.flatMap { key, member -> [SpecViolation] in
                    let field = "\(path).\(Printable.text(key))"
                    guard member != .null else { return [] }
                    guard let counterpart = known[key] else {
                        return [SpecViolation(kind: .invalid, field: field, message: "there is no such field")]
                    }
                    return lost(member, in: counterpart, at: field)
                }
            }
            return zip(given.array ?? [], known.array ?? []).enumerated().flatMap { index, pair in
                lost(pair.0, in: pair.1, at: "\(path)[\(index)]")
            }
        }

        private static func violation(_ error: DecodingError) -> SpecViolation {
            switch error {
            case .keyNotFound(let key, let context): invalid(context.codingPath + [key], "is missing")
            case .valueNotFound(_, let context): invalid(context.codingPath, "must not be null")
            case .typeMismatch(_, let context): invalid(context.codingPath, "has the wrong type")
            case .dataCorrupted(let context): invalid(context.codingPath, "has a value that is not known")
            @unknown default: invalid([], "cannot be read")
            }
        }

        private static func invalid(_ keys: [any CodingKey], _ message: String) -> SpecViolation {
            let path = keys.reduce(into: "") { path, key in
                path +=
                    key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + Printable.text(key.stringValue)
            }
            return SpecViolation(kind: .invalid, field: path.isEmpty ? "spec" : path, message: message)
        }
    }
}
