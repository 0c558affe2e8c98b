import KubernetesModel
import Synchronization
import VaultClient

/// Reads of what many passes decide by, such as the configuration of a connection: one serves all who ask within a moment
/// after it was sent, which is less than may pass between a pass's own reads and its writes (rule vault-24).
final class FreshReads: Sendable {
    /// How long after a request was sent others get its answer.
    static let lifetime = Duration.milliseconds(250)

    private typealias Flight = SingleFlight<JSONValue?>

    private struct Reading {
        let flight = Flight()
        /// When it was sent at the earliest.
        let sent: Duration
        var answer: Answer?
    }

    private struct Answer {
        /// Nil when the server says that there is nothing.
        let data: JSONValue?
    }

    private let vault: any VaultAPI
    private let clock: any RuntimeClock
    private let readings = Mutex<[String: Reading]>([:])

    /// Reads from a server.
    init(vault: any VaultAPI, clock: any RuntimeClock) {
        self.vault = vault
        self.clock = clock
    }

    /// How many wait for the read of another.
    var waitingCount: Int { readings.withLock { $0.values.reduce(0) { $0 + $1.flight.waitingCount } } }

    /// What a path holds, or held a moment ago.
    ///
    /// - Throws: as `VaultAPI.read`. A failure is that of those who waited for it, and is not kept.
    func read(_ path: String) async throws(VaultError) -> JSONValue? {
        let reading = reading(of: path)
        if let answer = reading.answer { return answer.data }
        do {
            return try await reading.flight.run {
                let data: JSONValue?
                do {
                    data = try await vault.read(path)
                } catch {
                    end(reading, of: path, with: nil)
                    throw error
                }
                end(reading, of: path, with: Answer(data: data))
                return data
            }
        } catch let error as VaultError {
            throw error
        } catch {
            // All else comes of a task that was cancelled.
            throw VaultError(.cancelled, "the task was cancelled")
        }
    }

    /// Reads everything anew for who asks from now on, since something was written.
    func expire() { readings.withLock { $0 = [:] } }

    /// The last read of a path, or a new one.
    private func reading(of path: String) -> Reading {
        let now = clock.now
        return readings.withLock { readings in
            if let known = readings[path], now - known.sent <= Self.lifetime { return known }
            readings = readings.filter { now - $0.value.sent <= Self.lifetime }
            let reading = Reading(sent: now)
            readings[path] = reading
            return reading
        }
    }

    private func end(_ reading: Reading, of path: String, with answer: Answer?) {
        readings.withLock { readings in
            // Meanwhile it may have become too old.
            guard readings[path]?.flight === reading.flight else { return }
            if let answer { readings[path]?.answer = answer } else { readings[path] = nil }
        }
    }
}
