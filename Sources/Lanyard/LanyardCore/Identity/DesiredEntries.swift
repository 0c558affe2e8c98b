package import LanyardAPI

/// The entries that an identity should have where its pods run now.
package struct DesiredEntries: Equatable, Sendable {
    /// What should exist, by ID in order.
    package private(set) var entries: [DesiredEntry]
    /// What cannot be planned now, by ID in order: if such an entry exists, it stays as it is, unless it is forbidden.
    package private(set) var withheld: [WithheldEntry]
    /// The IDs of what should exist.
    package private(set) var ids: Set<String>

    /// Takes entries in any order.
    package init(entries: [DesiredEntry] = [], withheld: [WithheldEntry] = []) {
        self.entries = entries
        self.withheld = withheld
        ids = Set(entries.lazy.map(\.entry.id))
        sort()
    }

    /// The parents of what should exist.
    package var parents: Set<SPIFFEID> {
        // By index: an entry is not copied to look at its parent.
        entries.indices.reduce(into: []) { $0.insert(entries[$1].entry.parentID) }
    }

    /// The IDs of what must not stay where it exists.
    package var forbidden: Set<String> { Set(withheld.lazy.filter { !$0.keepsExisting }.map(\.id)) }

    /// Takes some out, and others in. What stays is not copied.
    ///
    /// - Parameter stale: IDs of what goes.
    mutating func replace(_ stale: Set<String>, with fresh: [EntryOutcome]) {
        if !stale.isEmpty {
            entries.removeAll { stale.contains($0.entry.id) }
            withheld.removeAll { stale.contains($0.id) }
            ids.subtract(stale)
        }
        guard !fresh.isEmpty else { return }
        // Not twice as much for one more: they may be many, and stay for long.
        entries.reserveCapacity(entries.count + fresh.count)
        for outcome in fresh {
            switch outcome {
            case .success(let entry):
                entries.append(entry)
                ids.insert(entry.entry.id)
            case .failure(let problem): withheld.append(problem)
            }
        }
        sort()
    }

    /// Adds what cannot be planned.
    mutating func withhold(_ others: [WithheldEntry]) {
        guard !others.isEmpty else { return }
        withheld += others
        sort()
    }

    /// Lets all entries name these trust domains.
    mutating func federate(with names: Set<String>) {
        for index in entries.indices { entries[index].entry.federatesWith = names }
    }

    /// Of what was in order before, and little else, this takes one look.
    private mutating func sort() {
        entries.sort { $0.entry.id < $1.entry.id }
        withheld.sort { ($0.id, $0.message) < ($1.id, $1.message) }
    }
}

/// An entry that should exist and cannot be planned now: a label that its name needs is missing, or its node is not known
/// yet. What exists is never deleted for that, except for a name outside of a boundary that says `onViolation: Withdraw`, and
/// for the operator's own SPIFFE ID.
package struct WithheldEntry: Equatable, Sendable {
    /// The ID that it has or would have.
    package let id: String
    /// Whether somebody has to change something; otherwise time heals it.
    package let needsIntervention: Bool
    /// Why, in a sentence that names the node or pod.
    package let message: String
    /// Whether an entry that exists stays.
    package let keepsExisting: Bool

    /// Says why an entry is withheld.
    package init(id: String, needsIntervention: Bool, message: String, keepsExisting: Bool = true) {
        self.id = id
        self.needsIntervention = needsIntervention
        self.message = message
        self.keepsExisting = keepsExisting
    }
}

/// One registration entry that should exist, and what it is for.
package struct DesiredEntry: Equatable, Sendable {
    /// As it is sent to the server.
    package var entry: RegistrationEntry { didSet { fingerprint = EntryFingerprint(of: entry) } }
    /// What tells whether the server has it like that. Kept, as an entry is compared far more often than made.
    package private(set) var fingerprint: EntryFingerprint
    /// Name of the node that it is for; nil with placement `Cluster`.
    package var node: String?
    /// Name of the pod that it is for; nil with other placements than `Pod`.
    package var pod: String?
    /// Since when its node and a pod there have been waiting for it, in seconds since 1970; nil when that is not known.
    package var awaitedSince: Int64?

    /// An entry for the whole cluster, where neither node nor pod is given.
    package init(entry: RegistrationEntry, node: String? = nil, pod: String? = nil, awaitedSince: Int64? = nil) {
        self.entry = entry
        fingerprint = EntryFingerprint(of: entry)
        self.node = node
        self.pod = pod
        self.awaitedSince = awaitedSince
    }
}

/// What becomes of one node or pod.
typealias EntryOutcome = Result<DesiredEntry, WithheldEntry>

extension WithheldEntry: Error {}
