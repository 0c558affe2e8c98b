import KubernetesModel
package import LanyardAPI

/// The indices of the store of WorkloadIdentities.
package enum IdentityIndex {
    /// Identities by namespace and ServiceAccount: only those can want the same entry.
    package static let serviceAccount = "serviceAccount"

    /// The index functions.
    package static let all: [String: @Sendable (WorkloadIdentity) -> [String]] = [
        serviceAccount: { [serviceAccountValue(of: $0)] }
    ]

    /// `namespace/serviceAccount`.
    package static func serviceAccountValue(of identity: WorkloadIdentity) -> String {
        "\(identity.metadata.namespace ?? "")/\(identity.spec.serviceAccountName ?? identity.metadata.name)"
    }
}
