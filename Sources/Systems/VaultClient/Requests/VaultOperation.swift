/// What a request does, for metrics: a small closed set, so that no name of an object becomes a label.
package enum VaultOperation {
    /// `read_policy`, `write_auth_role`, `login`…; what is not known is `read_other` and the like.
    package static func name(_ method: VaultMethod, _ path: VaultPath) -> String {
        let segments = path.segments
        switch segments.first {
        case "sys" where segments.count > 1: break
        case "auth" where segments.last == "login" && method == .post: return "login"
        case "auth" where segments.count == 3 && segments[1] == "token":
            switch segments[2] {
            case "renew-self": return "renew_token"
            case "revoke-self": return "revoke_token"
            case "lookup-self": return "lookup_token"
            default: break
            }
        default: break
        }
        let verb =
            switch method {
            case .get: "read"
            case .post: "write"
            case .delete: "delete"
            }
        return "\(verb)_\(object(segments))"
    }

    private static func object(_ segments: [String]) -> String {
        if segments.starts(with: ["sys", "policies", "acl"]) { return "policy" }
        if segments.starts(with: ["sys", "policies", "detailed"]) { return "policies" }
        if segments.first == "sys", segments.count > 1 {
            switch segments[1] {
            case "health", "seal-status": return "health"
            case "auth", "mounts", "internal": return "mount"
            default: return "other"
            }
        }
        // The collection is the segment before the name; mount paths may have several segments.
        let collection = segments.dropLast().last ?? ""
        if segments.first == "auth" {
            if segments.last == "config" { return "auth_config" }
            return collection == "role" ? "auth_role" : "other"
        }
        switch collection {
        case "roles": return "role"
        case "static-roles": return "static_role"
        case "config": return "connection"
        default: return "other"
        }
    }
}
