import KubernetesModel
package import LanyardAPI

/// The indices of the store of WorkloadIdentities.
package enum IdentityIndex {
    /// Identities by namespace and ServiceAccount: only those can want the same entry.
    package static let serviceAccount = "serviceAccount"
    /// Identities with placement `Node` or `Pod`, by namespace and ServiceAccount: a change of pods concerns those.
    package static let placed = "placed"

    /// The index of identities by their namespace.
    package static let namespace = "namespace"

    /// All index functions of the store, by the name of the index.
    package static let all: [String: @Sendable (WorkloadIdentity) -> [String]] = [
        serviceAccount: { [serviceAccountValue(of: $0)] },
        namespace: { [$0.metadata.namespace ?? ""] },
        placed: { identity in
            switch identity.spec.placement {
            case nil, .cluster: []
            case .node, .pod: [serviceAccountValue(of: identity)]
            }
        },
    ]

    /// `namespace/serviceAccount`.
    package static func serviceAccountValue(of identity: WorkloadIdentity) -> String {
        "\(identity.metadata.namespace ?? "")/\(identity.spec.serviceAccountName ?? identity.metadata.name)"
    }
}
