package import LanyardAPI

/// Who gets the access of a binding.
package enum SubjectResolution: Equatable, Sendable {
    /// The ServiceAccounts that the binding names.
    case serviceAccounts([String])
    /// The ServiceAccount and the SPIFFE ID of the identity that the binding refers to; nil when each node or pod has its own.
    case identity(serviceAccount: String, spiffeID: SPIFFEID?)
}

extension SubjectResolution? {
    /// The ServiceAccounts that may log in, sorted; none while the subject is not known.
    var serviceAccounts: [String] {
        switch self {
        case nil: []
        case .serviceAccounts(let names): names.sorted()
        case .identity(let serviceAccount, _): [serviceAccount]
        }
    }

    /// The identity's SPIFFE ID.
    var spiffeID: SPIFFEID? {
        if case .identity(_, let spiffeID) = self { spiffeID } else { nil }
    }
}
