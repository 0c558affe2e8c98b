package import KubernetesModel
import LanyardCore
import Synchronization
package import VaultClient

/// Vault, whose policies are read by one call while many bindings wait for their first pass, as after a start (rule vault-25).
///
/// OpenBao can list policies with their texts. Such a listing stands for a read that was sent a moment ago, once for each policy. What
/// it does not show is not absent: that is read by itself, and so is everything where the server does not list or allow it.
package final class PolicyListing: Sendable {
    /// How long after it was sent a listing stands for a read: as long as what is read while a finalizer is stored
    /// (`BindingReconciler.longestStoring`). A policy that was changed since is not overwritten: a write names the version that
    /// was shown.
    package static let lifetime = Duration.seconds(1)
    /// How many other bindings have to wait for their first pass.
    package static let leastWaiting = 32
    /// How long after the first pass others are still first ones.
    package static let longestLook = Duration.seconds(60)

    private let vault: any VaultAPI
    private let clock: any RuntimeClock
    private let population: @Sendable () -> Int
    private let state = Mutex(State())

    /// Has listed nothing yet.
    ///
    /// - Parameter population: how many bindings there are.
    package init(_ vault: any VaultAPI, clock: any RuntimeClock, population: @escaping @Sendable () -> Int) {
        self.vault = vault
        self.clock = clock
        self.population = population
    }

    /// How many wait for the listing of another.
    var waitingCount: Int { state.withLock { $0.waitingCount } }

    /// What a policy is, to which the first who asks may get the answer of a listing.
    ///
    /// - Throws: as `VaultAPI.read`.
    func policy(at path: String) async throws(VaultError) -> JSONValue? {
        let bindings = population()
        if let flight = state.withLock({ $0.flight(for: path, of: bindings, at: clock.now) }) {
            await send(flight)
            if let policy = state.withLock({ $0.take(path, at: clock.now) }) { return policy }
        }
        return try await vault.read(path)
    }

    /// Lists, unless that is done. If it fails nothing is listed any more.
    private func send(_ flight: SingleFlight<Void>) async {
        do {
            try await flight.run {
                guard state.withLock({ $0.awaits(flight) }) else { return }
                let policies = try await all()
                state.withLock { $0.note(policies, of: flight) }
            }
        } catch {
            // What a task that was cancelled fails with says nothing of the server.
            if !Task.isCancelled { state.withLock { $0.close() } }
        }
    }

    /// All policies that the server shows, if it does while that is of use.
    private func all() async throws(VaultError) -> [String: JSONValue] {
        let vault = vault
        let list: @Sendable () async throws(VaultError) -> [String: JSONValue] = { () async throws(VaultError) in
            guard try await vault.supportsPolicyCheckAndSet else {
                throw VaultError(.rejected, "Vault does not list policies with their texts")
            }
            return try await vault.details(below: PolicyListingRight.path)
        }
        return try await clock.limit(Self.lifetime, list, interrupted: { _ in VaultError(.slow, "no answer in time") })
    }

    /// Before a policy is written or deleted: what a listing says of it is no longer so.
    private func forget(_ path: String) { state.withLock { $0.forget(path) } }
}

extension PolicyListing: VaultAPI {
    package func read(_ path: String) async throws(VaultError) -> JSONValue? { try await vault.read(path) }

    package func count(below path: String) async throws(VaultError) -> Int { try await vault.count(below: path) }

    package func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        try await vault.details(below: path)
    }

    @discardableResult
    package func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        forget(path)
        return try await vault.write(path, body)
    }

    package func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        forget(path)
        return try await vault.submit(path, body)
    }

    package func delete(_ path: String) async throws(VaultError) {
        forget(path)
        try await vault.delete(path)
    }

    package func checkHealth() async throws(VaultError) { try await vault.checkHealth() }

    package var ownPolicies: Set<String> { vault.ownPolicies }

    package var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { try await vault.supportsPolicyCheckAndSet }
    }
}
