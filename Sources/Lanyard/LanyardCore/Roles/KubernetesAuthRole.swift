package import KubernetesModel

/// A role of the Kubernetes auth method: which ServiceAccounts may log in, and the tokens that they get.
package struct KubernetesAuthRole: VaultObject {
    /// Literal names; the server would take each as a glob.
    package var serviceAccountNames: [String]
    /// Literal names; the server would take each as a glob.
    package var namespaces: [String]
    /// The audience that a ServiceAccount token must have; empty is any.
    package var audience: String
    /// `serviceaccount_uid` or `serviceaccount_name`.
    package var aliasNameSource: String
    /// What the tokens of a login can do, and for how long.
    package var token: TokenFields

    /// Tokens have the server's defaults where nothing is said of them.
    package init(
        serviceAccountNames: [String], namespaces: [String], audience: String = "",
        aliasNameSource: String = "serviceaccount_uid", token: TokenFields = TokenFields()
    ) {
        self.serviceAccountNames = serviceAccountNames
        self.namespaces = namespaces
        self.audience = audience
        self.aliasNameSource = aliasNameSource
        self.token = token
    }

    /// The whole managed field set, zeros included: a write merges, so what is left out would keep its old value.
    package var body: JSONValue {
        var members = token.members
        members["bound_service_account_names"] = .array(serviceAccountNames.sorted().map(JSONValue.string))
        members["bound_service_account_namespaces"] = .array(namespaces.sorted().map(JSONValue.string))
        members["bound_service_account_namespace_selector"] = ""
        members["audience"] = .string(audience)
        members["alias_name_source"] = .string(aliasNameSource)
        return .object(members)
    }

    /// The fields in which a role differs from this one, sorted; empty means that no write is needed.
    ///
    /// - Parameter actual: the `data` of a read.
    package func differences(from actual: JSONValue) -> [FieldDifference] {
        var comparison = FieldComparison(of: actual)
        comparison.set("bound_service_account_names", wanted: serviceAccountNames)
        comparison.set("bound_service_account_namespaces", wanted: namespaces)
        comparison.text("audience", wanted: audience)
        comparison.text("alias_name_source", wanted: aliasNameSource, default: "serviceaccount_uid")
        comparison.unset(["bound_service_account_namespace_selector"])
        token.compare(in: &comparison)
        return comparison.differences
    }
}

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
