import KubernetesModel
import LanyardAPI
import LanyardCore

/// What became of the steps of a plan for Vault.
struct VaultOutcomes {
    private var outcomes: [(conditionType: String, outcome: ConditionOutcome)] = []
    /// What is not wanted any more and could not be deleted, where all that is wanted is in place.
    private(set) var leftover: DeletionFailure?
    /// What somebody had changed.
    private var corrections: [FightBook.Correction] = []
    /// What is being fought over, by condition.
    private var fights: [String: String] = [:]

    /// Notes what kept an object from being in place; nil when it is.
    mutating func note(_ step: some VaultStep, _ trouble: ConditionOutcome?) {
        outcomes.append((step.conditionType, trouble ?? step.inPlace))
        if trouble == nil, let differences = step.corrected {
            corrections.append(.init(step.conditionType, step.title, differences))
        }
    }

    /// Notes something else that a condition has to say.
    mutating func note(_ outcome: ConditionOutcome, in conditionType: String) {
        outcomes.append((conditionType, outcome))
    }

    /// Notes what is left, in the condition that speaks of its kind.
    mutating func note(_ leftover: DeletionFailure, in conditionType: String) {
        self.leftover = leftover
        note(leftover.outcome, in: conditionType)
    }

    /// Adds to the conditions what is being fought over; how long that is to be said, nil when nothing is.
    mutating func note(in book: FightBook, of metadata: ObjectMeta, at now: Duration) -> Duration? {
        fights = book.note(corrections, uid: metadata.uid, at: now)
        return book.endsAt(uid: metadata.uid, now: now).map { max($0 - now, .zero) }
    }

    /// What a condition says: the troubles of its objects, or that all is well; nil when it has none.
    func outcome(_ conditionType: String) -> ConditionOutcome? {
        ConditionOutcome.summary(of: outcomes.filter { $0.conditionType == conditionType }.map(\.outcome))?
            .adding(fights[conditionType])
    }

    /// What the first of all says.
    var first: ConditionOutcome? { outcomes.first?.outcome }

    /// The first trouble of all; drift that is only reported, if there is nothing else.
    var failure: ConditionOutcome? { ConditionOutcome.worst(of: outcomes.map(\.outcome)) }

    /// The first trouble that is to be tried again. What was changed by hand and is only reported is not.
    var unfinished: ConditionOutcome? { failure.flatMap { $0.reason == .driftDetected ? nil : $0 } }
}

extension ConditionOutcome {
    /// A part of which nothing is wanted.
    static var nothingToDo: ConditionOutcome { .holds(.synced, "nothing is declared") }
}
