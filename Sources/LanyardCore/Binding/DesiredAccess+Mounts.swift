extension DesiredAccess {
    /// Whether something of it is in a mount, or gives access to it: `auth/kubernetes`, `secret`.
    package func uses(_ mountPath: String) -> Bool {
        let prefix = "\(mountPath)/"
        let paths = [kubernetesRole?.path, jwtRole?.path].compactMap { $0 } + databaseRoles.map(\.path)
        return (paths + accessPolicy.document.rules.map(\.path)).contains { $0.hasPrefix(prefix) }
    }
}
