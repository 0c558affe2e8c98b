import ControllerRuntime
import LanyardAPI
import LanyardCore

/// What a pass did to one entry.
struct EntryChange {
    enum Kind {
        case created(spiffeID: SPIFFEID, isDrift: Bool)
        case updated(Set<EntryField>, summary: String, isDrift: Bool)
    }

    let id: String
    let kind: Kind

    /// Whether the entry was made.
    var isCreation: Bool {
        if case .created = kind { true } else { false }
    }

    /// Whether the entry had been deleted by somebody else.
    var isRecreation: Bool {
        if case .created(_, let isDrift) = kind { isDrift } else { false }
    }
}

extension ObjectReporter<WorkloadIdentity> {
    /// Emits one event for each kind of change, however many entries there are.
    func report(_ changes: [EntryChange], on identity: WorkloadIdentity) {
        var first: [String: (action: String, note: String)] = [:]
        var counts: [String: Int] = [:]
        for change in changes {
            log(change.write, for: identity)
            let (reason, action, note) = change.event
            counts[reason, default: 0] += 1
            if first[reason] == nil { first[reason] = (action, note) }
        }
        for (reason, event) in first.sorted(by: { $0.key < $1.key }) {
            let others = (counts[reason] ?? 1) - 1
            self.event(
                reason == EventReason.driftCorrected ? .warning : .normal, reason, action: event.action,
                others > 0 ? "\(event.note) (and \(others) more entries)" : event.note, on: identity)
        }
    }
}

extension EntryChange {
    fileprivate var write: RemoteWrite {
        switch kind {
        case .created(_, let isDrift): RemoteWrite(.created, entry: id, isDrift: isDrift)
        case .updated(let fields, let summary, let isDrift):
            RemoteWrite(
                .updated, entry: id, fields: fields.sorted().map(\.rawValue), summary: summary, isDrift: isDrift)
        }
    }

    fileprivate var event: (reason: String, action: String, note: String) {
        switch kind {
        case .created(_, isDrift: true):
            (EventReason.driftCorrected, "Create", "entry \(id) had been deleted and was created again")
        case .created(let spiffeID, isDrift: false):
            (EventReason.entryCreated, "Create", "created entry \(id) for \(spiffeID)")
        case .updated(_, let summary, isDrift: true):
            (EventReason.driftCorrected, "Update", "entry \(id): \(summary)")
        case .updated(let fields, _, isDrift: false):
            (
                EventReason.entryUpdated, "Update",
                "updated \(fields.sorted().map(\.rawValue).joined(separator: ", ")) of entry \(id)"
            )
        }
    }
}
