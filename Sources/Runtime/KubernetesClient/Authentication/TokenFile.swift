import FoundationEssentials
import KubernetesModel
import Logging
import Synchronization

/// A bearer token in a file that is rotated: read again at most once a minute, or after a 401.
final class TokenFile: Sendable {
    private let path: String
    private let files: FileReader
    private let clock: any RuntimeClock
    private let logger: Logger
    private let cache = Mutex<Cached?>(nil)

    private struct Cached {
        var token: Secret
        /// When the file is to be read again, by the monotonic clock.
        var refreshAt: Duration
    }

    private static let refreshInterval: Duration = .seconds(60)

    /// Reads nothing yet.
    init(path: String, files: FileReader, clock: any RuntimeClock, logger: Logger) {
        self.path = path
        self.files = files
        self.clock = clock
        self.logger = logger
    }

    /// The token of now. A file that cannot be read or is empty leaves the old token in force.
    ///
    /// - Throws: `KubernetesError.unauthorized` when there is no token and has never been one.
    func token() throws -> Secret {
        let now = clock.now
        // One request reads, and those beside it go on with what is known.
        let known = cache.withLock { cached in
            defer { if let known = cached, now >= known.refreshAt { cached?.refreshAt = now + Self.refreshInterval } }
            return cached
        }
        if let known, now < known.refreshAt { return known.token }
        return try reread(known, at: now)
    }

    private func reread(_ known: Cached?, at now: Duration) throws -> Secret {
        if let token = try? Self.read(path, files) {
            cache.withLock { $0 = Cached(token: token, refreshAt: now + Self.refreshInterval) }
            return token
        }
        guard let known else {
            throw KubernetesError(.unauthorized, "the token file is missing, empty or unreadable")
        }
        logger.warning(
            "token file is unreadable, keeping the old token", metadata: ["kubernetes.token.path": "\(path)"])
        // Once a minute is often enough for this line as well.
        cache.withLock { $0?.refreshAt = now + Self.refreshInterval }
        return known.token
    }

    /// Notes that the server refused a token.
    ///
    /// - Returns: whether another token may be had, so that the request is worth one more try.
    func invalidate(_ refused: Secret) -> Bool {
        let known = cache.withLock { $0 }
        guard known?.token == refused else { return true }
        return (try? reread(known, at: clock.now)) != refused
    }

    /// The token in a file, without white space around it.
    ///
    /// - Throws: `ConfigurationError` when there is none.
    static func read(_ path: String, _ files: FileReader) throws -> Secret {
        func error(_ problem: String) -> ConfigurationError {
            ConfigurationError(field: "tokenFile", problem: "\(path) \(problem)")
        }
        let content: Data?
        do {
            content = try files.read(path)
        } catch {
            throw ConfigurationError(field: "tokenFile", problem: "\(path) cannot be read")
        }
        guard let content else { throw error("does not exist") }
        let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        // A token is one word; anything else would break the header.
        guard words.count == 1, let token = words.first else { throw error("holds no token") }
        return Secret(String(token))
    }
}
