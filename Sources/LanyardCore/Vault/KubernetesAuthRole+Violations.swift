extension KubernetesAuthRole {
    /// What no server should be given. The server takes every name as a glob, so a name that is not literal would let
    /// in other teams' ServiceAccounts (threat T11); this is the last check before the body.
    package var violations: [SpecViolation] {
        var found: [SpecViolation] = []
        func violate(_ field: String, _ message: String) {
            found.append(SpecViolation(kind: .invalid, field: "spec.\(field)", message: message))
        }
        if serviceAccountNames.isEmpty { violate("serviceAccountNames", "must not be empty") }
        for (index, name) in serviceAccountNames.enumerated() {
            guard let message = VaultName.violation(inKubernetesName: name) else { continue }
            violate("serviceAccountNames[\(index)]", message)
        }
        if namespaces.isEmpty || namespaces.contains(where: { VaultName.violation(inKubernetesName: $0) != nil }) {
            violate("serviceAccountNames", "must be in namespaces with literal names")
        }
        if audience.utf8.count > 512 || !audience.isPrintableASCII || audience != audience.trimmed {
            violate(
                "kubernetesAuth.audience", "must be printable ASCII without blanks at its ends, at most 512 bytes")
        }
        if !["serviceaccount_uid", "serviceaccount_name"].contains(aliasNameSource) {
            violate("kubernetesAuth.aliasNameSource", "must be one of serviceaccount_uid, serviceaccount_name")
        }
        return found
    }
}
