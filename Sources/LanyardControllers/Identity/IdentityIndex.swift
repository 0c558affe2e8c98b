import KubernetesModel
package import LanyardAPI

/// The indices of the store of WorkloadIdentities.
package enum IdentityIndex {
    /// Identities by namespace and ServiceAccount: only those can want the same entry.
    package static let serviceAccount = "serviceAccount"

    /// Identities by namespace.
    package static let namespace = "namespace"

    /// The index functions.
    package static let all: [String: @Sendable (WorkloadIdentity) -> [String]] = [
        serviceAccount: { [serviceAccountValue(of: $0)] }, namespace: { [$0.metadata.namespace ?? ""] },
    ]

    /// `namespace/serviceAccount`.
    package static func serviceAccountValue(of identity: WorkloadIdentity) -> String {
        "\(identity.metadata.namespace ?? "")/\(identity.spec.serviceAccountName ?? identity.metadata.name)"
    }
}
