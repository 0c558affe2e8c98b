package import KubernetesModel
package import SPIREClient
import Synchronization

/// The trust domains whose bundles SPIRE has, asked for at most every ten seconds.
package final class FederatedBundles: Sendable {
    private static let validity: Duration = .seconds(10)

    private struct Answer {
        var names: Set<String>
        var validUntil: Duration
    }

    private let registry: any EntryRegistry
    private let clock: any RuntimeClock
    private let answer = Mutex<Answer?>(nil)

    /// Asks one server.
    package init(registry: any EntryRegistry, clock: any RuntimeClock) {
        self.registry = registry
        self.clock = clock
    }

    /// The names of the trust domains.
    ///
    /// - Throws: `SPIREError` when the server cannot be read.
    func names() async throws(SPIREError) -> Set<String> {
        if let known = answer.withLock({ $0 }), clock.now < known.validUntil { return known.names }
        let names = try await registry.federatedTrustDomains()
        answer.withLock { $0 = Answer(names: names, validUntil: clock.now + Self.validity) }
        return names
    }

    /// Forgets the answer: the server has just said something else.
    func forget() { answer.withLock { $0 = nil } }
}
