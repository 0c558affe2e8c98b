package import ControllerRuntime
package import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// Looks now and then whether a Secret or SPIRE's keys are other than when the VaultMounts that use them were last looked
/// at, and has those looked at again. It reads each source once, however many use it, and none that nobody uses. While there is
/// none, it is not run: who comes to have one adds its key (`onSources` of the reconciler).
///
/// Watching Secrets instead would need the right to list them all.
package struct MountSourcePoll: Reconciler {
    /// The one key that this reconciler works on.
    package static let key = ObjectKey(namespace: nil, name: "mount-sources")
    /// A new signing key of SPIRE is used as soon as it is made, so it must be known soon.
    package static let interval = Duration.seconds(15)

    let store: Store<VaultMount>
    let reader: MountSourceReader
    let book: MountSourceBook
    let pace: Pace
    let onChange: @Sendable ([ObjectKey]) -> Void

    /// Wires a poll of what a reconciler's mounts refer to.
    ///
    /// - Parameter onChange: gets the VaultMounts whose sources changed.
    package init(
        of reconciler: MountReconciler, interval: Duration = MountSourcePoll.interval,
        onChange: @escaping @Sendable ([ObjectKey]) -> Void
    ) {
        store = reconciler.store
        reader = reconciler.gatherer.sources
        book = reconciler.book
        pace = Pace(every: interval, in: reconciler.environment)
        self.onChange = onChange
    }

    package func reconcile(_ key: ObjectKey) async throws -> ReconcileResult {
        guard !book.isUnused else { return .done }
        let watched: [(key: ObjectKey, known: MountSources)] = store.all.compactMap { mount in
            guard let known = book.sources(of: mount.key), !known.isEmpty else { return nil }
            return (mount.key, known)
        }
        let secrets = try await reader.secrets(Set(watched.flatMap(\.known.secrets.keys)))
        var trustKeys: [TrustKey]?
        if watched.contains(where: { $0.known.trustKeys != nil }) {
            // What cannot be read now has not changed as far as anybody knows.
            trustKeys = try? await reader.trustKeys()
        }
        onChange(
            watched.filter { mount in
                let current = MountSources(
                    secrets: secrets.filter { mount.known.secrets[$0.key] != nil },
                    trustKeys: mount.known.trustKeys == nil ? nil : trustKeys)
                guard let current, (current.trustKeys == nil) == (mount.known.trustKeys == nil) else { return false }
                return current != mount.known
            }.map(\.key))
        return pace.next()
    }
}
