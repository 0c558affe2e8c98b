import KubernetesModel
import Synchronization
import VaultClient

/// What the operator's own token may do, as the server itself says. Asked for many paths at once and kept for minutes, so
/// that what is denied is not tried again and again, and what will be denied can be said before.
final class OwnRights: Sendable {
    /// How long a right is taken to stand.
    static let lifetime = Duration.seconds(600)
    /// How long one that is lacking is: whoever grants it waits for that.
    static let lackLifetime = Duration.seconds(60)
    /// The most paths that are known.
    static let limit = 16_384
    /// The most paths of one question.
    private static let batch = 256

    private let vault: any VaultAPI
    private let clock: any RuntimeClock
    private let known = Mutex<[String: Right]>([:])

    private struct Right {
        /// Nil while the server does not say.
        let capabilities: Set<String>?
        let until: Duration
    }

    init(vault: any VaultAPI, clock: any RuntimeClock) {
        self.vault = vault
        self.clock = clock
    }

    /// What may be done at paths. One of which nothing is known is missing.
    func capabilities(at paths: [String]) async -> [String: Set<String>] {
        let now = clock.now
        var rights = known.withLock { known in
            paths.reduce(into: [String: Right]()) { rights, path in
                if let right = known[path], right.until > now { rights[path] = right }
            }
        }
        var missing = paths.filter { rights[$0] == nil }[...]
        while !missing.isEmpty {
            let asked = Array(missing.prefix(Self.batch))
            missing = missing.dropFirst(asked.count)
            guard let answers = await ask(asked) else { break }
            keep(answers, now: now)
            rights.merge(answers) { $1 }
        }
        return rights.compactMapValues(\.capabilities)
    }

    /// - Returns: nil when the server could not be asked.
    private func ask(_ paths: [String]) async -> [String: Right]? {
        let now = clock.now
        let answer: JSONValue?
        do throws(VaultError) {
            answer = try await vault.submit(
                "sys/capabilities-self", ["paths": .array(paths.map(JSONValue.string))])
        } catch {
            // One who may not ask is not told tomorrow either; everything else passes.
            guard error.code == .permissionDenied || error.code == .rejected else { return nil }
            answer = nil
        }
        return paths.reduce(into: [:]) { rights, path in
            let names = (answer?[path]?.array).map { Set($0.compactMap(\.string)) }
            let lacks = names?.isSubset(of: ["deny"]) ?? true
            rights[path] = Right(capabilities: names, until: now + (lacks ? Self.lackLifetime : Self.lifetime))
        }
    }

    private func keep(_ answers: [String: Right], now: Duration) {
        known.withLock { known in
            if known.count + answers.count > Self.limit { known = known.filter { $0.value.until > now } }
            if known.count + answers.count > Self.limit { known = [:] }
            known.merge(answers) { $1 }
        }
    }
}
