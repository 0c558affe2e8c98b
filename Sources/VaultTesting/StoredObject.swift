import KubernetesModel

/// An object of the server.
struct StoredObject: Equatable, Sendable {
    let kind: ObjectAddress.Kind
    private let fields: [String: JSONValue]

    init(_ kind: ObjectAddress.Kind, _ fields: [String: JSONValue]) {
        self.kind = kind
        self.fields = fields
    }

    /// The object after a write, and the server's warnings.
    static func merging(
        _ body: [String: JSONValue], into existing: StoredObject?, at address: ObjectAddress,
        _ flavour: InMemoryVault.Flavour
    ) throws(Refusal) -> (StoredObject, [String]) {
        let (fields, warnings) = try address.kind.rules.merge(
            RequestFields(body), into: existing?.fields, at: address, flavour)
        return (StoredObject(address.kind, fields), warnings)
    }

    /// The `data` of a read.
    func readBack(_ flavour: InMemoryVault.Flavour) -> JSONValue {
        .object(kind.rules.readBack(fields, flavour))
    }
}
