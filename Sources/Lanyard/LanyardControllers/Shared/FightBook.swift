import LanyardAPI
import LanyardCore
import Synchronization

/// Who fights over objects in Vault: what had to be put right lately, by the resource that it was for. Only ever makes
/// messages better: nothing is decided from it.
final class FightBook: Sendable {
    /// Something that was put right.
    struct Correction: Equatable, Sendable {
        /// The condition that speaks of the object.
        let conditionType: String
        /// The object, for messages: `auth role web`.
        let title: String
        /// Names of fields; `existence` when it had been deleted.
        let fields: Set<String>

        init(_ conditionType: String, _ title: String, _ differences: [FieldDifference]) {
            self.conditionType = conditionType
            self.title = title
            fields = differences.isEmpty ? ["existence"] : Set(differences.map(\.fieldName))
        }
    }

    private struct Object: Hashable {
        let conditionType: String
        let title: String
    }

    /// Above this many resources, those that are at peace are forgotten.
    private static let kept = 256

    private let fights = Mutex<[String: [Object: Fight]]>([:])

    /// Notes what one pass put right, and says what is being fought over.
    ///
    /// - Returns: what conditions add, by type.
    func note(_ corrections: [Correction], uid: String?, at now: Duration) -> [String: String] {
        guard let uid else { return [:] }
        return fights.withLock { fights in
            var own = fights[uid] ?? [:]
            for correction in corrections {
                own[Object(conditionType: correction.conditionType, title: correction.title), default: Fight()]
                    .noteCorrection(of: correction.fields, at: now)
            }
            own = own.filter { !$0.value.isForgotten(at: now) }
            fights[uid] = own.isEmpty ? nil : own
            if fights.count > Self.kept {
                fights = fights.filter { !$0.value.values.allSatisfy { $0.isForgotten(at: now) } }
            }
            var notes: [String: [String]] = [:]
            for (object, fight) in own.sorted(by: { $0.key.title < $1.key.title }) where fight.isOn(at: now) {
                notes[object.conditionType, default: []].append(fight.note(on: object.title))
            }
            return notes.mapValues { $0.joined(separator: "; ") }
        }
    }

    /// When something that is said of a resource is over; nil when nothing is.
    func endsAt(uid: String?, now: Duration) -> Duration? {
        fights.withLock { $0[uid ?? ""]?.values.compactMap { $0.endsAt(now: now) }.min() }
    }

    /// Forgets a resource that is gone.
    func remove(uid: String?) {
        fights.withLock { _ = $0.removeValue(forKey: uid ?? "") }
    }
}

extension ConditionOutcome {
    /// The same with a further remark, if it holds: a trouble is enough to say.
    func adding(_ note: String?) -> ConditionOutcome {
        guard isTrue, let note else { return self }
        return ConditionOutcome(status, reason, "\(message); \(note)")
    }
}
