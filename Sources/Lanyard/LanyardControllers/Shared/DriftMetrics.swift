import LanyardAPI
import LanyardCore
import Metrics

/// Counts the fields in which objects of SPIRE and Vault were found changed by foreign hand.
package enum DriftMetrics {
    /// Help texts by metric name.
    package static let help: [String: String] = [
        fields: "Fields that were found changed by foreign hand, by kind of object and name of the field."
    ]

    /// What was found changed; a closed set, as field names are: no name of an object is ever a label.
    enum Object: String {
        case entry
        case policy
        case databaseRole = "database_role"
        case authRole = "auth_role"
        case mount
        case authConfiguration = "auth_configuration"
        case connection
        case urls
        case authority
        case pkiRole = "pki_role"
    }

    private static let fields = "lanyard_drift_fields_total"
    /// Stands for the fields of an object that had been deleted as a whole.
    private static let existence = "existence"

    /// The fields that are known in advance. What a server has beside them, and nobody can declare, has no series before it is
    /// found changed.
    private static let known: [Object: Set<String>] = {
        var known: [Object: Set<String>] = [.entry: Set(EntryField.allCases.map(\.rawValue))]
        for kind in VaultObjectKind.allCases { known[Object(kind)] = kind.comparedFields }
        for kind in MountObjectKind.allCases { known[Object(kind)] = kind.comparedFields }
        return known
    }()

    /// Makes the series that are known in advance, at zero, so that `increase()` sees the first change.
    static func begin(_ objects: [Object]) {
        for object in objects {
            for name in (known[object] ?? []).union([existence]) { counter(of: name, of: object).increment(by: 0) }
        }
    }

    /// Counts each field once.
    ///
    /// - Parameter names: of the fields; none when the object had been deleted.
    static func record(fields names: Set<String>, of object: Object) {
        for name in names.isEmpty ? [existence] : names { counter(of: name, of: object).increment() }
    }

    private static func counter(of field: String, of object: Object) -> Counter {
        let system = object == .entry ? "spire" : "vault"
        return Counter(label: fields, dimensions: [("system", system), ("object", object.rawValue), ("field", field)])
    }

    /// Counts the fields of an object in Vault; rules of a policy are told apart by no label.
    static func record(_ differences: [FieldDifference], of object: Object) {
        record(fields: Set(differences.map(\.fieldName)), of: object)
    }
}

extension DriftMetrics.Object {
    init(_ kind: VaultObjectKind) {
        self =
            switch kind {
            case .policy: .policy
            case .databaseRole: .databaseRole
            case .authRole: .authRole
            }
    }

    init(_ kind: MountObjectKind) {
        self =
            switch kind {
            case .mount: .mount
            case .authConfiguration: .authConfiguration
            case .connection: .connection
            case .urls: .urls
            case .authority: .authority
            case .role: .pkiRole
            }
    }
}
