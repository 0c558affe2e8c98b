package import KubernetesClient
package import KubernetesModel
import Synchronization

/// Tells of ServiceAccounts that do not exist, for notes in conditions: a misspelt name is the commonest mistake, and nothing
/// that depends on it ever fails in SPIRE or Vault.
///
/// Only a name's metadata is read, when an object has a pass anyway, and the answer is kept. No list and no watch: clusters have
/// many ServiceAccounts, and few are named. What cannot be read is taken to exist.
package final class ServiceAccountDirectory: Sendable {
    /// How long an answer is good.
    private static let existsFor: Duration = .seconds(3_600)
    private static let missingFor: Duration = .seconds(30)
    /// More are not read in a second, and not remembered; more objects than that have no note for the time being.
    private static let readsPerSecond = 10
    private static let limit = 10_000

    private struct Answer {
        var isMissing: Bool
        var validUntil: Duration
    }

    private struct State {
        var answers: [ObjectKey: Answer] = [:]
        var second: Int64 = 0
        var reads = 0
    }

    private let api: (any KubernetesAPI)?
    private let clock: any RuntimeClock
    private let state = Mutex(State())

    /// Asks an API server.
    ///
    /// - Parameter api: nil where there is none to ask: every ServiceAccount is then taken to exist.
    package init(api: (any KubernetesAPI)?, clock: any RuntimeClock) {
        self.api = api
        self.clock = clock
    }

    /// Those of the names for which the namespace has no ServiceAccount, in order.
    func missing(_ names: [String], inNamespace namespace: String?) async -> [String] {
        var missing: [String] = []
        for name in Set(names).sorted() {
            if await isMissing(ObjectKey(namespace: namespace, name: name)) { missing.append(name) }
        }
        return missing
    }

    private func isMissing(_ key: ObjectKey) async -> Bool {
        let now = clock.now
        let (known, mayRead) = state.withLock { state -> (Answer?, Bool) in
            let known = state.answers[key]
            if let known, now < known.validUntil { return (known, false) }
            if state.second != now.components.seconds { (state.second, state.reads) = (now.components.seconds, 0) }
            state.reads += 1
            return (known, state.reads <= Self.readsPerSecond)
        }
        guard mayRead, let api else { return known?.isMissing ?? false }
        let isMissing: Bool
        do {
            isMissing = try await api.get(ServiceAccountMetadata.self, key) == nil
        } catch is CancellationError {
            return known?.isMissing ?? false
        } catch {
            isMissing = false
        }
        let validity = isMissing ? Self.missingFor : Self.existsFor
        state.withLock { state in
            if state.answers.count >= Self.limit { state.answers.removeAll() }
            state.answers[key] = Answer(isMissing: isMissing, validUntil: now + validity)
        }
        return isMissing
    }
}

extension [String] {
    /// What a condition adds about ServiceAccounts that are not there; empty when all are.
    var missingAccountsNote: String {
        guard let first else { return "" }
        let others = count > 1 ? " (and \(count - 1) more)" : ""
        return "; there is no ServiceAccount \(first)\(others) yet"
    }
}
