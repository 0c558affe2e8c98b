import KubernetesModel

extension DesiredAccess {
    /// A short stand-in for all that shall be in Vault, the same in every process that plans the same. What has no part in
    /// it (what is done about changes by hand, or at the end) may change without anything being written.
    ///
    /// Nil where there is none; then nothing is taken for converged.
    package var digest: String? {
        var objects: [(path: String, body: JSONValue)] = databaseRoles.map { (path: $0.path, body: $0.role.body) }
        objects.append((path: policyPath, body: policy.body))
        if let role = kubernetesRole { objects.append((path: role.path, body: role.role.body)) }
        if let role = jwtRole { objects.append((path: role.path, body: role.role.body)) }
        var text = ""
        for object in objects.sorted(by: { $0.path < $1.path }) {
            guard let body = try? JSON.encode(object.body) else { return nil }
            // Neither has a line break: a path is of plain characters, and JSON escapes them.
            text += "\(object.path)\n\(String(decoding: body, as: UTF8.self))\n"
        }
        return StableDigest.hexadecimal(of: text)
    }
}
