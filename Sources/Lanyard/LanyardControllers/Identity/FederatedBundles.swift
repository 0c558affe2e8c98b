package import KubernetesModel
package import SPIREClient
import Synchronization

/// The trust domains whose bundles SPIRE has, asked for at most every ten seconds, and by one pass for all that need them.
package final class FederatedBundles: Sendable {
    private static let validity: Duration = .seconds(10)

    private struct Known {
        var names: Set<String>
        var validUntil: Duration
    }

    private struct State {
        var known: Known?
        /// How often the server has said something else.
        var epoch = 0
    }

    /// What a listing showed, and what the server had said before it began.
    private struct Listing: Sendable {
        let names: Set<String>
        let epoch: Int
    }

    private let registry: any EntryRegistry
    private let clock: any RuntimeClock
    private let state = Mutex(State())
    private let flight = SingleFlight<Listing>()

    /// Asks one server.
    package init(registry: any EntryRegistry, clock: any RuntimeClock) {
        self.registry = registry
        self.clock = clock
    }

    /// How many wait for a listing that another has asked for.
    var waitingCount: Int { flight.waitingCount }

    /// The names of the trust domains.
    ///
    /// - Throws: `SPIREError` when the server cannot be read, to all who wait for the same listing.
    func names() async throws(SPIREError) -> Set<String> {
        let epoch = state.withLock { $0.epoch }
        if let known = known(since: epoch) { return known.names }
        while true {
            let listing: Listing
            do {
                listing = try await flight.run { try await list() }
            } catch {
                throw SPIREError(call: error)
            }
            // One that began before the server said something else is waited for, so that there is one at a time.
            if listing.epoch >= epoch { return listing.names }
        }
    }

    /// Forgets the answer: the server has just said something else.
    func forget() {
        state.withLock { state in
            state.known = nil
            state.epoch += 1
        }
    }

    private func list() async throws(SPIREError) -> Listing {
        let epoch = state.withLock { $0.epoch }
        // Another listing may have come since.
        if let known = known(since: epoch) { return known }
        let names = try await registry.federatedTrustDomains()
        let validUntil = clock.now + Self.validity
        state.withLock { state in
            guard state.epoch == epoch else { return }
            state.known = Known(names: names, validUntil: validUntil)
        }
        return Listing(names: names, epoch: epoch)
    }

    private func known(since epoch: Int) -> Listing? {
        let now = clock.now
        return state.withLock { state in
            guard state.epoch == epoch, let known = state.known, now < known.validUntil else { return nil }
            return Listing(names: known.names, epoch: epoch)
        }
    }
}
