import KubernetesModel
import LanyardCore
import Synchronization

/// The state of what a VaultMount takes from elsewhere: enough to see that it changed.
struct MountSources: Hashable, Sendable {
    /// UID and version by name of a Secret; nil for one that does not exist.
    var secrets: [String: String?] = [:]
    /// The keys of SPIRE's bundle, where they are needed.
    var trustKeys: [[UInt8]]?

    /// Whether there is none.
    var isEmpty: Bool { secrets.isEmpty && trustKeys == nil }
}

/// With which state of its sources each VaultMount was last looked at.
final class MountSourceBook: Sendable {
    private let states = Mutex<[ObjectKey: MountSources]>([:])
    private let onUse: @Sendable () -> Void

    /// A book in which nothing is noted.
    ///
    /// - Parameter onUse: called when a VaultMount comes to have sources, and so whenever the first one does.
    init(onUse: @escaping @Sendable () -> Void) {
        self.onUse = onUse
    }

    /// Takes notice of the state that a pass works with.
    func note(_ sources: MountSources, of key: ObjectKey) {
        let isNew = states.withLock { states in
            defer { states[key] = sources }
            return !sources.isEmpty && states[key]?.isEmpty != false
        }
        if isNew { onUse() }
    }

    /// Whether no VaultMount has sources.
    var isUnused: Bool { states.withLock { $0.values.allSatisfy(\.isEmpty) } }

    /// Forgets a VaultMount that is gone.
    func forget(_ key: ObjectKey) { states.withLock { $0[key] = nil } }

    /// The state that the last pass worked with; nil before the first one.
    func sources(of key: ObjectKey) -> MountSources? { states.withLock { $0[key] } }
}
