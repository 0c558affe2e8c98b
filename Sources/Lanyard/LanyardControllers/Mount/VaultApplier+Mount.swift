import ControllerRuntime
import FoundationEssentials
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// What became of the plan for a mount.
struct MountResult {
    var outcomes = VaultOutcomes()
    /// The mount's accessor, once it is known.
    var accessor: String?
    /// Whether something was written to Vault.
    var wrote = false
}

/// Carries out the plan for one VaultMount: claims first, then the mount, then what is below it.
extension VaultApplier<VaultMount> {
    /// Applies.
    ///
    /// - Parameter values: the secrets that the plan refers to.
    /// - Throws: `VaultError` when the server as a whole is away, `KubernetesError` when a claim cannot be stored.
    func apply(
        _ plan: MountPlan, values: [SecretKey: SecretValue], owner: OwnershipRecord.Owner, to mount: VaultMount
    ) async throws -> MountResult {
        var digests: [String: String] = [:]
        for step in plan.steps { digests[step.path] = step.claimDigest }
        let held = try await ledger.claim(plan.steps.flatMap(\.claims), digests: digests, for: owner)
        let pass = Pass(values: values, owner: owner, mount: mount)
        var result = MountResult(accessor: plan.accessor)
        var patience = PassPatience()
        for step in plan.steps {
            let backEnd = step.write == nil ? nil : step.path
            let trouble: ConditionOutcome?
            if step.kind != .mount, let first = result.outcomes.first, !first.isTrue, first.reason != .driftDetected {
                trouble = .fails(.pending, "\(step.title) waits for the mount")
            } else if let holder = held[step.path] {
                trouble = .fails(.conflict, "\(step.title) is owned by \(holder.title)")
            } else if let refusal = patience.refusal(of: step.title, behind: backEnd) {
                trouble = refusal
            } else {
                trouble = try await carryOut(step, pass, &result)
                patience.note(trouble, behind: backEnd)
            }
            result.outcomes.note(step, trouble)
        }
        if result.outcomes.failure == nil {
            try await delete(inOrder: plan.stale, owner: owner, of: mount)
            if !plan.releasable.isEmpty { try await ledger.release(plan.releasable, of: owner) }
        }
        return result
    }

    /// - Returns: what keeps the object from being in place; nil when it is.
    private func carryOut(
        _ step: MountPlan.Step, _ pass: Pass, _ result: inout MountResult
    ) async throws -> ConditionOutcome? {
        if let obstacle = obstacle(to: step, for: pass.mount) { return obstacle }
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
        if let trouble = try await settle(step, pass, &result) { return trouble }
        if let digest = step.recordedDigest {
            try await ledger.note(step.path, of: pass.owner) { $0.sourceDigest = digest }
        }
        tell(of: step, on: pass.mount)
        return nil
    }

    /// Gives a mount that was just enabled its settings; nothing of any other step.
    private func settle(
        _ step: MountPlan.Step, _ pass: Pass, _ result: inout MountResult
    ) async throws -> ConditionOutcome? {
        guard case .enable(_, _, let tunePath, let settings) = step.write else { return nil }
        result.accessor = try await recordAccessor(step, pass)
        // The mark stays on what is not recorded, so that the next pass knows it.
        guard result.accessor != nil else {
            return .fails(.pending, "\(step.title) was made and is not listed yet")
        }
        do throws(VaultError) {
            try await vault.write(tunePath, settings)
            return nil
        } catch {
            if error.affectsAll { throw error }
            return error.outcome(at: tunePath)
        }
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

/// What all steps of one pass share.
private struct Pass {
    let values: [SecretKey: SecretValue]
    let owner: OwnershipRecord.Owner
    let mount: VaultMount
}

extension MountPlan.Step: VaultStep {
    var conditionType: String { kind.conditionType }
    var drift: DriftMetrics.Object { .init(kind) }
    var loss: String? { nil }
    var recreationNote: String { "" }

    var updateReason: String {
        kind == .mount ? EventReason.mountUpdated : EventReason.mountConfigurationUpdated
    }

    var inPlace: ConditionOutcome {
        .holds(.synced, kind == .mount ? "the mount is as declared" : "the configuration is as declared")
    }
}
