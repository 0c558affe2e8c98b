/// Where a mount is, and the API paths that follow from that.
package struct MountLocation: Hashable, Sendable {
    /// The path without `auth/` and without slashes at its ends.
    package let path: String
    /// Whether it is below `auth/`.
    package let isAuthMethod: Bool

    /// Takes a path as it is; `violation(in:isAuthMethod:)` says which ones can be.
    package init(path: String, isAuthMethod: Bool) {
        self.path = path
        self.isAuthMethod = isAuthMethod
    }

    /// Recognises the path under which a mount is claimed; nil for every other path.
    package init?(claimPath: String) {
        for isAuthMethod in [true, false] {
            let prefix = MountLocation(path: "", isAuthMethod: isAuthMethod).claimPath
            guard claimPath.hasPrefix(prefix) else { continue }
            let path = String(claimPath.dropFirst(prefix.count))
            guard MountLocation.violation(in: path, isAuthMethod: isAuthMethod) == nil else { return nil }
            self.init(path: path, isAuthMethod: isAuthMethod)
            return
        }
        return nil
    }

    /// What its objects are below: `auth/kubernetes`, `database`.
    package var mountPath: String { isAuthMethod ? "auth/\(path)" : path }

    /// What a claim names, and where it is enabled and disabled: `sys/auth/kubernetes`, `sys/mounts/database`.
    package var claimPath: String { "\(listingPath)/\(path)" }

    /// What tells whether it exists: `sys/auth`, `sys/mounts`. For a single mount no server answers with a 404.
    package var listingPath: String { isAuthMethod ? "sys/auth" : "sys/mounts" }

    /// Its key in the listing.
    package var listingKey: String { "\(path)/" }

    /// Where its settings are written. That of auth methods, too, is below `sys/mounts`, where no sudo is needed.
    package var tunePath: String { "sys/mounts/\(mountPath)/tune" }

    /// What is wrong with a path; nil when nothing is.
    package static func violation(in path: String, isAuthMethod: Bool) -> String? {
        let rule = isAuthMethod ? VaultName.violation(inAuthMount: path) : VaultName.violation(inMount: path)
        if let rule { return rule }
        let segments = path.lowercased().split(separator: "/")
        if isAuthMethod, segments.first == "token" { return "must not be one of the server's own mounts" }
        // `sys/mounts/a/tune` is where the settings of the mount `a` are, and not a mount.
        return segments.last == "tune" ? "must not end in \"tune\"" : nil
    }
}
