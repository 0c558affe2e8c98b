package import KubernetesModel
import LanyardCore
package import VaultClient

/// Looks at what accesses take for granted, as far as the operator may see it without further rights. What it does not
/// see, nothing is said of; and one look serves all bindings for some seconds.
package final class AccessSurvey: Sendable {
    private let reads: SharedReads
    private let rights: OwnRights
    /// Reads of the configurations of connections, which passes of many bindings decide by.
    let connections: FreshReads

    /// Looks at a server.
    ///
    /// - Parameter onNews: is told at which path something is other than it was, so that who waits for it can go on.
    package init(
        vault: any VaultAPI, clock: any RuntimeClock, onNews: @escaping @Sendable (_ path: String) -> Void = { _ in }
    ) {
        reads = SharedReads(vault: vault, clock: clock, onNews: onNews)
        rights = OwnRights(vault: vault, clock: clock)
        connections = FreshReads(vault: vault, clock: clock)
    }

    /// Looks at what an access takes for granted.
    func look(at access: DesiredAccess) async -> AccessSights {
        let paths = AccessOutlook.readPaths(of: access)
        let revocations = AccessOutlook.revocationPaths(of: access)
        guard !paths.isEmpty || !revocations.isEmpty else { return AccessSights() }
        let capabilities = await rights.capabilities(at: paths + revocations)
        var sights = AccessSights()
        for path in paths where AccessSights.allows("read", capabilities[path]) {
            guard let data = await reads.read(path) else { continue }
            sights.add(data, at: path)
        }
        sights.rights = capabilities.filter { revocations.contains($0.key) }
        return sights
    }

    /// Reads everything anew from now on, since a mount was changed.
    package func expire() {
        reads.expire()
        connections.expire()
    }
}
