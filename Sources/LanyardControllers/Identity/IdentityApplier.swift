import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

/// Carries out the plan for one registration entry.
struct IdentityApplier: Sendable {
    let registry: any EntryRegistry
    let reporter: ObjectReporter<WorkloadIdentity>

    /// What became of a plan.
    struct Result: Equatable {
        /// What `EntriesSynced` says.
        var outcome: ConditionOutcome
        /// Whether our entry exists now.
        var entryInPlace: Bool
    }

    /// Applies.
    ///
    /// - Throws: `SPIREError` when a call failed; the plan is then made anew in the next pass.
    func apply(
        _ plan: EntryPlan, desired: DesiredIdentity, actual: RegistrationEntry?, to identity: WorkloadIdentity
    ) async throws(SPIREError) -> Result {
        switch plan {
        case .none:
            return .synced
        case .create(let isDrift):
            return try await create(desired, isDrift: isDrift, for: identity)
        case .update(let fields, let isDrift):
            return try await update(desired, fields: fields, isDrift: isDrift, actual: actual, for: identity)
        case .reportDrift(let fields):
            let summary =
                actual.map { EntryComparison.summary(fields, desired: desired.entry, actual: $0) } ?? "it was deleted"
            let message = "entry \(desired.entry.id): \(summary); not corrected (driftPolicy Report)"
            return Result(outcome: .fails(.driftDetected, message), entryInPlace: actual != nil)
        case .conflict(let message):
            return Result(outcome: .fails(.conflict, message), entryInPlace: actual != nil)
        }
    }

    /// Deletes the entry of an identity; one that is gone is fine.
    ///
    /// - Throws: `SPIREError`.
    func delete(entryOf identity: WorkloadIdentity, cluster: String) async throws(SPIREError) {
        let id = EntryName.forIdentity(identity.key, cluster: cluster)
        try await registry.delete(id: id)
        reporter.event(
            .normal, EventReason.cleanedUp, action: "Delete", "deleted registration entry \(id)", on: identity)
    }

    private func create(
        _ desired: DesiredIdentity, isDrift: Bool, for identity: WorkloadIdentity
    ) async throws(SPIREError) -> Result {
        switch try await registry.create(desired.entry) {
        case .created(let entry):
            if isDrift {
                reporter.event(
                    .warning, EventReason.driftCorrected, action: "Create",
                    "entry \(entry.id) had been deleted and was created again", on: identity)
            } else {
                reporter.event(
                    .normal, EventReason.entryCreated, action: "Create",
                    "created entry \(entry.id) for \(entry.spiffeID)", on: identity)
            }
            return .synced
        case .similarExists(let other) where other.id == desired.entry.id:
            // Ours after all: an earlier attempt whose answer was lost. The next pass compares it.
            throw SPIREError(.unavailable, "the entry appeared while it was being created")
        case .similarExists(let other):
            let message =
                "entry \(other.id) has the same SPIFFE ID, parent and selectors, and does not belong to this identity"
            return Result(outcome: .fails(.conflict, message), entryInPlace: false)
        case .idTaken:
            throw SPIREError(.unavailable, "the entry ID was taken while the entry was being created")
        }
    }

    private func update(
        _ desired: DesiredIdentity, fields: Set<EntryField>, isDrift: Bool, actual: RegistrationEntry?,
        for identity: WorkloadIdentity
    ) async throws(SPIREError) -> Result {
        guard try await registry.update(desired.entry, fields: fields) else {
            throw SPIREError(.unavailable, "the entry disappeared while it was being updated")
        }
        let summary = actual.map { EntryComparison.summary(fields, desired: desired.entry, actual: $0) } ?? ""
        if isDrift {
            reporter.event(
                .warning, EventReason.driftCorrected, action: "Update", "entry \(desired.entry.id): \(summary)",
                on: identity)
        } else {
            reporter.event(
                .normal, EventReason.entryUpdated, action: "Update",
                "updated \(fields.sorted().map(\.rawValue).joined(separator: ", ")) of entry \(desired.entry.id)",
                on: identity)
        }
        return .synced
    }
}

extension IdentityApplier.Result {
    fileprivate static var synced: Self {
        .init(outcome: .holds(.synced, "the registration entry is as declared"), entryInPlace: true)
    }
}
