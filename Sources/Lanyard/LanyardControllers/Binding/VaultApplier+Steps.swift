import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

/// Carries out steps of a plan of which none needs another one, several at the same time.
extension VaultApplier<VaultRoleBinding> {
    /// How many writes of one pass are under way at once (rule fail-20).
    private static var writesAtOnce: Int { 4 }

    /// Carries out steps, and tells of them in their order.
    ///
    /// - Parameters:
    ///   - lookups: what was read before.
    ///   - patience: with what is behind Vault, in this pass.
    /// - Returns: what keeps each object from being in place, in the order of the steps; nil where nothing does.
    /// - Throws: `VaultError` when the server as a whole is away, once all that was under way has ended and is told;
    ///   `KubernetesError` for the ledger.
    func carryOut(
        _ steps: [BindingPlan.Step], of access: DesiredAccess, over lookups: [String: ObjectLookup],
        owner: OwnershipRecord.Owner, with patience: inout PassPatience, on binding: VaultRoleBinding
    ) async throws -> [StepTrouble?] {
        // A policy without what it shall give is not the desired state, whoever is to blame.
        if steps.contains(where: { $0.writes && !$0.lacks.isEmpty }) { try await ledger.forgetState(of: owner) }
        let obstacles = steps.map { obstacle(to: $0, owner: owner, on: binding) }
        let sent = steps.indices.filter { obstacles[$0] == nil && steps[$0].isSent }
        let fates = await send(sent, of: steps, for: access, over: lookups, with: &patience)
        var troubles: [StepTrouble?] = []
        var lost: [String] = []
        var interruption: VaultError?
        for (index, step) in steps.enumerated() {
            var trouble = obstacles[index].map { StepTrouble(outcome: $0) }
            switch fates[index] {
            case .done(let warning):
                if let removal = step.removal { reporter.log(RemoteWrite(.deleted, vault: removal.path), for: binding) }
                tell(of: step, adding: warning, on: binding)
            case .failed(let error, let isTheirs, let isUndone):
                if error.affectsAll { interruption = interruption ?? error }
                if isTheirs { lost += step.claims }
                trouble = StepTrouble(outcome: error.outcome(at: step.path), isUndone: isUndone)
            case .postponed(let outcome):
                trouble = StepTrouble(outcome: outcome, isPostponed: true)
            case nil:
                if trouble == nil, !step.isSent { tell(of: step, on: binding) }
            }
            troubles.append(trouble)
        }
        // Somebody else created it between our read and our write: it is theirs.
        if !lost.isEmpty { try await ledger.release(lost, of: owner, wasMade: false) }
        if let interruption { throw interruption }
        return troubles
    }

    /// What keeps a step from being tried; nil when nothing does.
    private func obstacle(
        to step: BindingPlan.Step, owner: OwnershipRecord.Owner, on binding: VaultRoleBinding
    ) -> ConditionOutcome? {
        if let obstacle = obstacle(to: step, for: binding) { return obstacle }
        // The ledger may know more by now than the plan does.
        guard let removal = step.removal, !ledger.isHeld(removal.path, byNoneBut: owner) else { return nil }
        return .fails(.conflict, "\(removal.path), which \(step.title) needs gone, is claimed by others")
    }

    /// Sends steps, a few at once, and those behind one back end only after it has answered the first one.
    ///
    /// - Parameter indices: which of the steps.
    /// - Returns: what came of each, by its index; nothing of those that did not begin, as Vault as a whole went away.
    private func send(
        _ indices: [Int], of steps: [BindingPlan.Step], for access: DesiredAccess,
        over lookups: [String: ObjectLookup], with patience: inout PassPatience
    ) async -> [Int: StepFate] {
        let backEnds = access.backEnds
        return await withTaskGroup(of: (Int, StepFate).self) { group in
            var fates: [Int: StepFate] = [:]
            var waiting = indices
            var count = 0
            while true {
                var later: [Int] = []
                for index in waiting {
                    let step = steps[index]
                    let backEnd = backEnds[step.path]
                    if let refusal = patience.refusal(of: step.title, behind: backEnd) {
                        fates[index] = .postponed(refusal)
                    } else if count < Self.writesAtOnce, patience.hasRoom(behind: backEnd) {
                        patience.begin(behind: backEnd)
                        count += 1
                        let before = lookups[step.path]
                        group.addTask { await fate(of: step, at: index, for: access, over: before) }
                    } else {
                        later.append(index)
                    }
                }
                guard let (index, ended) = await group.next() else { return fates }
                count -= 1
                fates[index] = ended
                patience.note(ended.error?.outcome, behind: backEnds[steps[index].path])
                waiting = ended.error?.affectsAll == true ? [] : later
            }
        }
    }

    /// Sends one step.
    ///
    /// - Parameter before: what a read found.
    private func fate(
        of step: BindingPlan.Step, at index: Int, for access: DesiredAccess, over before: ObjectLookup?
    ) async -> (Int, StepFate) {
        do throws(VaultError) {
            let warning = try await send(step)
            return (index, .done(warning: warning))
        } catch {
            guard !error.affectsAll else { return (index, .failed(error, isTheirs: false, isUndone: false)) }
            var isTheirs = false
            if error.code == .checkAndSetFailed, case .act(.create) = step.decision {
                isTheirs = await !isOurs(step, of: access)
            }
            let isUndone = await isUndone(step, by: error, over: before)
            return (index, .failed(error, isTheirs: isTheirs, isUndone: isUndone))
        }
    }

    /// Whether what is in a creation's place came of an earlier write of ours, which arrived late. As long as it is not read it
    /// is somebody else's: what is ours is known again by the next pass.
    private func isOurs(_ step: BindingPlan.Step, of access: DesiredAccess) async -> Bool {
        guard let found = try? await vault.read(step.path) else { return false }
        return access.ownWork.covers(step.path, found)
    }

    /// Whether it is certain that a step that failed has neither made its object nor changed one.
    private func isUndone(
        _ step: BindingPlan.Step, by error: VaultError, over before: ObjectLookup?
    ) async -> Bool {
        var found: JSONValue?
        switch step.decision {
        case .act(.create): break
        case .act(.adopt):
            guard case .found(let data) = before else { return false }
            found = data
        default: return false
        }
        switch error.code {
        case .permissionDenied where step.removal == nil, .mountMissing where step.removal == nil:
            return true
        case .permissionDenied, .mountMissing, .rejected, .checkAndSetFailed:
            // Servers answer 500 for what a database says as well, and may have done the half of it.
            do throws(VaultError) {
                return try await vault.read(step.path) == found
            } catch {
                return false
            }
        default:
            return false
        }
    }

    /// - Returns: what an event adds about the server's warnings.
    private func send(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        switch step.decision {
        case .act(.create), .act(.recreate): try await create(step)
        case .act(.adopt), .act(.update): try await update(step)
        case .act, .blocked: ""
        }
    }

    private func create(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        if let removal = step.removal {
            if let leases = removal.leases { try await revoke(leases, wayOut: removal.wayOut) }
            try await vault.delete(removal.path)
        }
        var body = step.body
        if step.kind == .policy, try await vault.supportsPolicyCheckAndSet { body["cas"] = -1 }
        return try await write(body, to: step.path)
    }

    private func update(_ step: BindingPlan.Step) async throws(VaultError) -> String {
        var body = step.body
        if step.kind == .policy, let version = step.readVersion, try await vault.supportsPolicyCheckAndSet {
            body["cas"] = .integer(version)
        }
        return try await write(body, to: step.path)
    }

    /// - Returns: what Vault warns of, to be added to a note.
    func write(_ body: JSONValue, to path: String) async throws(VaultError) -> String {
        let warnings = try await vault.write(path, body)
        guard !warnings.isEmpty, let checked = try? VaultPath(path) else { return "" }
        return "; Vault warns: \(VaultErrorSummary.warning(of: warnings, on: checked))"
    }
}

/// What keeps an object from being in place.
struct StepTrouble {
    let outcome: ConditionOutcome
    /// Whether it is certain that nothing was made, or taken over.
    var isUndone = false
    /// Whether nothing was tried: it waits for a later pass.
    var isPostponed = false
}

/// What came of a step that was to be sent.
private enum StepFate: Sendable {
    /// It is done; what an event adds about the server's warnings.
    case done(warning: String)
    /// Vault refused it, or did not answer.
    ///
    /// - Parameters:
    ///   - isTheirs: whether somebody else created it between our read and our write.
    ///   - isUndone: whether it is certain that nothing was made, or taken over.
    case failed(VaultError, isTheirs: Bool, isUndone: Bool)
    /// Nothing was tried, and why.
    case postponed(ConditionOutcome)

    var error: VaultError? {
        if case .failed(let error, _, _) = self { error } else { nil }
    }
}

extension BindingPlan.Step {
    /// Whether it is carried out by calls.
    fileprivate var isSent: Bool {
        switch decision {
        case .act(.create), .act(.adopt), .act(.update), .act(.recreate): true
        case .act, .blocked: false
        }
    }
}

extension DesiredAccess {
    /// What is behind Vault for the objects that something is, by their paths: the connections of database roles.
    fileprivate var backEnds: [String: String] {
        Dictionary(
            databaseRoles.map { ($0.path, $0.connectionPath ?? $0.mount) }, uniquingKeysWith: { first, _ in first })
    }
}
