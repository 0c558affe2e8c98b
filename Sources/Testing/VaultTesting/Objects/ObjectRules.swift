import KubernetesModel

/// How one kind of object is written and read back.
protocol ObjectRules {
    /// The object after a write.
    ///
    /// - Parameters:
    ///   - existing: the fields as stored before; nil when the write creates the object.
    /// - Returns: the fields as stored, and the server's warnings.
    /// - Throws: `Refusal`, after which nothing has changed.
    static func merge(
        _ request: RequestFields, into existing: [String: JSONValue]?, at address: ObjectAddress,
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (fields: [String: JSONValue], warnings: [String])

    /// The `data` of a read.
    static func readBack(_ fields: [String: JSONValue], _ flavour: VaultFlavour) -> [String: JSONValue]
}

extension ObjectRules {
    static func readBack(_ fields: [String: JSONValue], _ flavour: VaultFlavour) -> [String: JSONValue] {
        fields
    }
}

extension ObjectAddress.Kind {
    /// The rules of this kind.
    var rules: any ObjectRules.Type {
        switch self {
        case .policy: ACLPolicy.self
        case .kubernetesRole: KubernetesRole.self
        case .jwtRole: JWTRole.self
        case .databaseRole: DatabaseRole.self
        case .staticRole: StaticRole.self
        case .connection: DatabaseConnection.self
        case .kubernetesConfig: KubernetesConfig.self
        case .jwtConfig: JWTConfig.self
        case .pkiRole: PKIRole.self
        case .pkiURLs: PKIURLs.self
        }
    }
}

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
        _ flavour: VaultFlavour
    ) throws(Refusal) -> (StoredObject, [String]) {
        let (fields, warnings) = try address.kind.rules.merge(
            RequestFields(body), into: existing?.fields, at: address, flavour)
        return (StoredObject(address.kind, fields), warnings)
    }

    /// The `data` of a read.
    func readBack(_ flavour: VaultFlavour) -> JSONValue {
        .object(kind.rules.readBack(fields, flavour))
    }
}
