import KubernetesModel

/// Applies a JSON merge patch (RFC 7386).
enum MergePatchApplication {
    /// The document after the merge: null removes a member, objects merge, everything else replaces.
    static func apply(_ patch: JSONValue, to document: JSONValue?) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = document?.object ?? [:]
        for (name, change) in changes {
            if change == .null {
                members.removeValue(forKey: name)
            } else {
                members[name] = apply(change, to: members[name])
            }
        }
        return .object(members)
    }
}
