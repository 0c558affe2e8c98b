package import ControllerRuntime
package import KubernetesModel
import Synchronization

/// What was decided of objects that are in the way of others: once for each version of an object and of the grounds it was
/// decided on, however many others it is in the way of. To decide costs as much as the spec of a tenant is large.
package final class VerdictMemo<Grounds: Equatable & Sendable, Verdict: Sendable>: Sendable {
    private struct Entry {
        let uid: String?
        /// Not the generation: a server that was restored and edited counts that anew.
        let version: ResourceVersion?
        let grounds: Grounds
        let verdict: Verdict
    }

    private struct State {
        var entries: [ObjectKey: Entry] = [:]
        var timesDecided = 0
    }

    private let state = Mutex(State())

    /// Remembers nothing yet.
    package init() {}

    /// How often something had to be decided.
    package var timesDecided: Int { state.withLock { $0.timesDecided } }

    /// Of how many objects something is remembered.
    package var count: Int { state.withLock { $0.entries.count } }

    /// What was decided of an object. After each decision others get their turn.
    ///
    /// - Parameters:
    ///   - grounds: all that the verdict depends on beside the object.
    ///   - store: where the object is from: nothing is remembered of what is gone.
    package func verdict<Object: KubernetesResource>(
        on object: Object, given grounds: Grounds, in store: Store<Object>, decide: @Sendable () -> Verdict
    ) async -> Verdict {
        let (key, metadata) = (object.key, object.metadata)
        let known = state.withLock { state -> Entry? in
            guard let entry = state.entries[key], entry.uid == metadata.uid,
                entry.version != nil, entry.version == metadata.resourceVersion, entry.grounds == grounds
            else { return nil }
            return entry
        }
        if let known { return known.verdict }
        let verdict = decide()
        state.withLock { state in
            state.timesDecided += 1
            state.entries[key] = Entry(
                uid: metadata.uid, version: metadata.resourceVersion, grounds: grounds, verdict: verdict)
        }
        // In this order: one that goes from now on has a pass which forgets it.
        if store.get(key) == nil { forget(key) }
        await Task.yield()
        return verdict
    }

    /// Forgets an object that is gone.
    package func forget(_ key: ObjectKey) { state.withLock { _ = $0.entries.removeValue(forKey: key) } }
}
