import KubernetesModel
import LanyardCore
import Synchronization
import VaultClient

/// Reads of what many objects depend on and nobody here changes, such as the listing of mounts: one answer serves every
/// pass for some seconds, however many bindings there are.
final class SharedReads: Sendable {
    /// How long an answer is good.
    static let lifetime = Duration.seconds(10)
    /// The most answers that are kept.
    static let limit = 4096

    private let vault: any VaultAPI
    private let clock: any RuntimeClock
    private let onNews: @Sendable (_ path: String) -> Void
    private let answers = Mutex<[String: Answer]>([:])

    private struct Answer {
        /// Nil when the server says that there is nothing.
        let data: JSONValue?
        let until: Duration
    }

    /// Reads from a server.
    ///
    /// - Parameter onNews: is told of which path the answer is another one than before.
    init(vault: any VaultAPI, clock: any RuntimeClock, onNews: @escaping @Sendable (_ path: String) -> Void) {
        self.vault = vault
        self.clock = clock
        self.onNews = onNews
    }

    /// What a path holds, now or some seconds ago.
    ///
    /// - Returns: nil within when the server says that there is nothing; nil when it could not be read, which is not
    ///   absence, and is not kept.
    func read(_ path: String) async -> JSONValue?? {
        let now = clock.now
        if let known = answers.withLock({ $0[path] }), known.until > now { return .some(known.data) }
        let data: JSONValue?
        do throws(VaultError) {
            data = try await vault.read(path)
        } catch {
            return nil
        }
        let isNews = answers.withLock { answers in
            let old = answers[path]
            if answers.count >= Self.limit { answers = answers.filter { $0.value.until > now } }
            if answers.count >= Self.limit { answers = [:] }
            answers[path] = Answer(data: data, until: now + Self.lifetime)
            // Of everything but mounts only matters whether it is there; keys, for one, change by themselves.
            guard let old else { return false }
            return path == AccessSights.listingPath ? old.data != data : (old.data == nil) != (data == nil)
        }
        if isNews { onNews(path) }
        return .some(data)
    }

    /// Reads everything anew from now on. What was known still tells what is news.
    func expire() {
        answers.withLock { $0 = $0.mapValues { Answer(data: $0.data, until: .zero) } }
    }
}
