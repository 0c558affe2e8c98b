import ControllerRuntime
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out the plan for one VaultMount: claims first, then the mount, then what is below it.
struct MountApplier: Sendable {
    let vault: any VaultAPI
    let ledger: OwnershipLedger
    let reporter: ObjectReporter<VaultMount>

    /// What became of a plan.
    struct Result {
        var outcomes: [(kind: MountObjectKind, outcome: ConditionOutcome)] = []
        /// What somebody had changed.
        var corrections: [FightBook.Correction] = []
        /// The mount's accessor, once it is known.
        var accessor: String?
        /// Whether something was written to Vault.
        var wrote = false

        /// What a condition says: the troubles of its objects, or that all is well; nil when it has none.
        func outcome(_ conditionType: String) -> ConditionOutcome? {
            ConditionOutcome.summary(of: outcomes.filter { $0.kind.conditionType == conditionType }.map(\.outcome))
        }

        /// The first trouble of all; drift that is only reported, if there is nothing else.
        var failure: ConditionOutcome? { ConditionOutcome.worst(of: outcomes.map(\.outcome)) }
    }

    /// Applies.
    ///
    /// - Parameter values: the secrets that the plan refers to.
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` when a claim cannot be stored.
    func apply(
        _ plan: MountPlan, values: [SecretKey: SecretValue], owner: OwnershipRecord.Owner, to mount: VaultMount
    ) async throws -> Result {
        var digests: [String: String] = [:]
        for step in plan.steps { digests[step.path] = step.claimDigest }
        let held = try await ledger.claim(plan.steps.flatMap(\.claims), digests: digests, for: owner)
        let pass = Pass(values: values, owner: owner, mount: mount)
        var result = Result(accessor: plan.accessor)
        var patience = PassPatience()
        for step in plan.steps {
            let backEnd = step.write == nil ? nil : step.path
            let outcome: ConditionOutcome
            if step.kind != .mount, let first = result.outcomes.first?.outcome, !first.isTrue,
                first.reason != .driftDetected
            {
                outcome = .fails(.pending, "\(step.title) waits for the mount")
            } else if let holder = held[step.path] {
                outcome = .fails(.conflict, "\(step.title) is owned by \(holder.title)")
            } else if let refusal = patience.refusal(of: step.title, behind: backEnd) {
                outcome = refusal
            } else {
                outcome = try await carryOut(step, pass, &result)
                patience.note(outcome, behind: backEnd)
            }
            result.outcomes.append((step.kind, outcome))
        }
        if result.failure == nil {
            try await delete(plan.stale, owner: owner, of: mount)
            if !plan.releasable.isEmpty { try await ledger.release(plan.releasable, of: owner) }
        }
        return result
    }

    /// Deletes claimed objects in the given order and gives up their claims. A mount that is disabled takes what is in it
    /// with it.
    ///
    /// - Throws: `MountDeletionFailure` for the first object that cannot be deleted, `KubernetesError` for the ledger.
    func delete(_ paths: [String], owner: OwnershipRecord.Owner, of mount: VaultMount) async throws {
        for path in paths {
            // Only what this owner holds.
            guard ledger.holder(of: path)?.isSameObject(as: owner) == true else { continue }
            // Two have it after a backup was restored: then it is left to the other one (threat T41).
            guard !ledger.isClaimed(path, besides: owner) else {
                try await ledger.release([path], of: owner, wasMade: false)
                continue
            }
            do throws(VaultError) {
                try await vault.delete(path)
            } catch  where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch {
                throw MountDeletionFailure(path: path, error: error)
            }
            try await ledger.release([path], of: owner)
            reporter.log(RemoteWrite(.deleted, vault: path), for: mount)
            reporter.event(.normal, EventReason.cleanedUp, action: "Delete", "deleted \(path)", on: mount)
        }
    }

    /// What all steps of one pass share.
    private struct Pass {
        let values: [SecretKey: SecretValue]
        let owner: OwnershipRecord.Owner
        let mount: VaultMount
    }

    private func carryOut(
        _ step: MountPlan.Step, _ pass: Pass, _ result: inout Result
    ) async throws -> ConditionOutcome {
        guard case .act(let action) = step.decision else {
            guard case .blocked(let outcome) = step.decision else { return step.inPlace }
            return outcome
        }
        let note: (kind: ObjectEvent.Kind, reason: String, action: String, text: String)?
        switch action {
        case .none:
            note = step.write == nil ? nil : (.normal, step.updateReason, "Update", "wrote \(step.title) anew")
        case .claim:
            note = (.normal, EventReason.claimed, "Claim", "\(step.title) was already as declared")
        case .create(isDrift: false):
            note = (.normal, step.updateReason, "Update", "created \(step.title)")
        case .create(isDrift: true):
            note = (
                .warning, EventReason.driftCorrected, "Update",
                "\(step.title) had been deleted and was created again"
            )
        case .adopt(let differences):
            note = (
                .normal, EventReason.adopted, "Adopt",
                "took over \(step.title): \(FieldDifference.summary(differences))"
            )
        case .update(let differences, let isDrift), .recreate(let differences, let isDrift):
            let text = "\(step.title): \(FieldDifference.summary(differences))"
            note = (
                isDrift ? .warning : .normal, isDrift ? EventReason.driftCorrected : step.updateReason, "Update", text
            )
        case .needsRecreate(let message):
            return .fails(.needsRecreate, message)
        case .reportDrift(let message, let differences):
            // Counted when it is told, and not again as long as it stays.
            if !pass.mount.hasReportedDrift(in: step.kind) { DriftMetrics.record(differences, of: step.kind) }
            return .fails(.driftDetected, "\(message); not corrected (driftPolicy Report)")
        case .conflict(let message):
            return .fails(.conflict, message)
        }
        if let accessor = step.madeAccessor {
            try await ledger.note(step.path, of: pass.owner) { $0.accessor = accessor }
        }
        do throws(VaultError) {
            try await send(step.write, pass)
        } catch {
            if error.affectsAll { throw error }
            if case .enable = step.write, error.code == .rejected {
                // Somebody else was faster, and it is theirs; or it cannot be, and then it is nobody's.
                try await ledger.release([step.path], of: pass.owner)
            }
            return error.outcome(at: step.path)
        }
        if step.write != nil { result.wrote = true }
        if case .enable(_, _, let tunePath, let settings) = step.write {
            result.accessor = try await recordAccessor(step, pass)
            // The mark stays on what is not recorded, so that the next pass knows it.
            guard result.accessor != nil else {
                return .fails(.pending, "\(step.title) was made and is not listed yet")
            }
            do throws(VaultError) {
                try await vault.write(tunePath, settings)
            } catch {
                if error.affectsAll { throw error }
                return error.outcome(at: tunePath)
            }
        }
        if let digest = step.recordedDigest {
            try await ledger.note(step.path, of: pass.owner) { $0.sourceDigest = digest }
        }
        if let differences = action.corrected {
            DriftMetrics.record(differences, of: step.kind)
            result.corrections.append(.init(step.kind.conditionType, step.title, differences))
        }
        if let write = step.remoteWrite(action) { reporter.log(write, for: pass.mount) }
        if let note { reporter.event(note.kind, note.reason, action: note.action, note.text, on: pass.mount) }
        return step.inPlace
    }

    /// Remembers which mount was made: a namesake that somebody else makes later is not ours to disable.
    ///
    /// - Returns: its accessor; nil when the listing does not have it.
    private func recordAccessor(_ step: MountPlan.Step, _ pass: Pass) async throws -> String? {
        guard let location = MountLocation(claimPath: step.path),
            let accessor = try await vault.read(location.listingPath)?[location.listingKey]?["accessor"]?.string
        else { return nil }
        try await ledger.note(step.path, of: pass.owner) { $0.accessor = accessor }
        return accessor
    }

    private func send(_ write: MountPlan.Write?, _ pass: Pass) async throws(VaultError) {
        switch write {
        case nil:
            break
        case .enable(let path, let body, _, _), .tune(let path, let body):
            try await vault.write(path, body)
        case .object(let path, var body, let secrets):
            for (member, key) in secrets {
                guard let text = pass.values[key]?.exposedText else {
                    throw VaultError(.rejected, "the Secret \(key.secret) has no \(key.key)")
                }
                body[member] = .string(text)
            }
            try await vault.write(path, body)
        case .authority(let request):
            try await AuthorityMaker(vault: vault).make(request)
        }
    }
}

/// Something that could not be deleted.
struct MountDeletionFailure: Error {
    let path: String
    let error: VaultError
}

extension ObjectAction {
    /// What somebody had changed, if that is what this puts right; nothing of an object that had been deleted.
    var corrected: [FieldDifference]? {
        switch self {
        case .create(isDrift: true): []
        case .update(let differences, isDrift: true), .recreate(let differences, isDrift: true): differences
        default: nil
        }
    }
}

extension VaultMount {
    /// Whether the stored status says that objects of a kind were changed by hand.
    fileprivate func hasReportedDrift(in kind: MountObjectKind) -> Bool {
        status?.conditions?.condition(kind.conditionType)?.reason == Reason.driftDetected.rawValue
    }
}

extension MountPlan.Step {
    /// What the condition says when nothing is wrong.
    fileprivate var inPlace: ConditionOutcome {
        .holds(.synced, kind == .mount ? "the mount is as declared" : "the configuration is as declared")
    }

    /// What an action did, for the log; nil when it wrote nothing.
    fileprivate func remoteWrite(_ action: ObjectAction) -> RemoteWrite? {
        switch action {
        case .none: write == nil ? nil : RemoteWrite(.updated, vault: path)
        case .claim: RemoteWrite(.claimed, vault: path)
        case .create(let isDrift): RemoteWrite(.created, vault: path, isDrift: isDrift)
        case .adopt(let differences): RemoteWrite(.adopted, vault: path, differences)
        case .update(let differences, let isDrift):
            RemoteWrite(.updated, vault: path, differences, isDrift: isDrift)
        case .recreate(let differences, let isDrift):
            RemoteWrite(.recreated, vault: path, differences, isDrift: isDrift)
        case .needsRecreate, .reportDrift, .conflict: nil
        }
    }

    fileprivate var updateReason: String {
        kind == .mount ? EventReason.mountUpdated : EventReason.mountConfigurationUpdated
    }
}
