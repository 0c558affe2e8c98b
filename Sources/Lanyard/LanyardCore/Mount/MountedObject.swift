package import KubernetesModel

/// Any of the objects below a mount.
package enum MountedObject: VaultObject {
    case kubernetes(KubernetesAuthConfiguration)
    case jwt(JWTAuthConfiguration)
    case connection(DatabaseConnection)
    case urls(PKIURLs)
    case role(PKIRole)

    /// What is sent when it is written: the whole managed field set, without secrets.
    package var body: JSONValue { object.body }

    /// What is sent when it is written over one that there is, and that may have what nobody declares: a write merges.
    func body(over actual: JSONValue?) -> JSONValue {
        guard case .connection(let connection) = self, let actual else { return body }
        return connection.body(over: actual)
    }

    /// The fields in which an object differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] { object.differences(from: actual) }

    private var object: any VaultObject {
        switch self {
        case .kubernetes(let object): object
        case .jwt(let object): object
        case .connection(let object): object
        case .urls(let object): object
        case .role(let object): object
        }
    }
}
