import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Logging

/// What a standby sees of the lease without asking: one watch at a time, which shows renewals, releases and other holders as they
/// happen. Whatever it does not show is found out by asking, so that a watch can only make a standby faster.
struct LeaseWatch: Sendable {
    let api: any KubernetesAPI
    let key: ObjectKey
    let environment: Environment
    let logger: Logger
    let state: Monitor<LeaderElectionState>

    /// Follows the lease until there is something else to do than to wait for its holder, or the watch is not to be relied on.
    ///
    /// - Throws: `CancellationError` only.
    func follow(from version: ResourceVersion) async throws {
        state.update { $0.watchBegins(now: environment.clock.now) }
        let end = try await withThrowingTaskGroup(of: LeaseWatchState.End.self) { group in
            group.addTask { try await self.read(from: version) }
            group.addTask { try await self.waitForDeadline() }
            defer { group.cancelAll() }
            return try await group.next() ?? .failed
        }
        state.update { $0.watchEnded(end, now: environment.clock.now) }
    }

    private func read(from version: ResourceVersion) async throws -> LeaseWatchState.End {
        // Spread, so that the watches of all standbys do not end together.
        let seconds = 300 + Int(environment.random.unit() * 301)
        do {
            let lines = try await api.openWatch(
                .watch(
                    Lease.self, namespace: key.namespace, name: key.name, resourceVersion: version,
                    timeoutSeconds: seconds))
            for try await line in lines {
                let event = try? WatchEvent<Lease>(reading: line)
                let now = environment.clock.now
                if let end = state.update({ $0.heard(event, now: now) }) { return end }
            }
            try Task.checkCancellation()
            return state.read { $0.hasWatchShown } ? .closed : .failed
        } catch {
            try Task.checkCancellation()
            return tell(error)
        }
    }

    /// What a failure means. That there is no right is said once: standbys go on without.
    private func tell(_ error: any Error) -> LeaseWatchState.End {
        let refusals: [KubernetesError.Code] = [.forbidden, .notServed, .badRequest, .invalid]
        let isRefusal = (error as? KubernetesError).map { refusals.contains($0.code) } ?? false
        let isNews = isRefusal && !state.read { $0.isWatchRefused }
        logger.log(
            level: isNews ? .warning : .debug, "the lease is not watched", metadata: ["error": "\(error)"])
        return isRefusal ? .refused : .failed
    }

    /// Ends a watch of which nothing more is heard.
    private func waitForDeadline() async throws -> LeaseWatchState.End {
        while true {
            let (deadline, end) = state.read { $0.watchDeadline }
            let rest = deadline - environment.clock.now
            guard rest > .zero else { return end }
            try await environment.clock.sleep(for: rest)
        }
    }
}
