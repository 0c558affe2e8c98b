import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Says why an identity is not accepted. What exists stays, unless a boundary wants it withdrawn, for what the spec asks for
    /// or for what there is.
    func refuse(
        _ identity: WorkloadIdentity, because refusal: Refusal, isPaused: Bool
    ) async throws -> ReconcileResult {
        placement.release(identity.key)
        memory.memos.remove(identity.key)
        stopWaiting(identity.key)
        guard refusal.withdraws else {
            let result = try await tell {
                try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            } after: {
                do {
                    _ = try await withdrawStanding(of: identity, isAccepted: false)
                } catch let error as SPIREError {
                    throw try retry(after: error, of: identity)
                }
                return try await releaseForbidden(of: identity, isPaused: isPaused)
            }
            doubts.remove(identity.key)
            return result
        }
        do {
            try await withdraw(identity)
        } catch let doubt as BoundaryDoubt {
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            throw doubt
        } catch let error as SPIREError {
            let retry = try retry(after: error, of: identity)
            try await report(.refused(reason: refusal.reason, message: refusal.message), on: identity)
            throw retry
        } catch let error where error.isOfCluster {
            // For what exists it does not matter which spec there is by now (rule bound-38).
            await withdrawStanding(of: identity, after: error, isAccepted: false)
            throw error
        }
        doubts.remove(identity.key)
        try await report(.withdrawn(reason: refusal.reason, message: refusal.message), on: identity)
        return .done
    }

    /// Says what is so after something was taken away, or could not be: a status that cannot be written keeps nothing.
    ///
    /// - Throws: what `takeAway` throws, after it is told; `KubernetesError`.
    private func tell(
        _ report: () async throws -> Void, after takeAway: () async throws -> ReconcileResult
    ) async throws -> ReconcileResult {
        let result: ReconcileResult
        do {
            result = try await takeAway()
        } catch {
            try await report()
            throw error
        }
        try await report()
        return result
    }

    /// Deletes what was made, once the API server itself has shown the spec that asks for too much, and the boundary that says
    /// so.
    private func withdraw(_ identity: WorkloadIdentity) async throws {
        let ids = try knownEntryIDs(of: identity)
        guard !ids.isEmpty else { return }
        try await reporter.ensureCurrent(identity)
        try await boundaries.confirmRefusal(of: identity, withdraws: true)
        try await applier.delete(ids, of: identity)
        memory.remove(identity.key)
        reporter.reportWithdrawal(of: identity)
    }

    /// Makes sure that entries must not stay: a boundary that says so may be one that only a cache has.
    ///
    /// - Throws: `StaleObject` when they may, `BoundaryDoubt`, `PlacementUnknown`, `KubernetesError`.
    func confirm(withdrawals: [String], of identity: WorkloadIdentity) async throws {
        try await reporter.ensureCurrent(identity)
        let boundary = try await boundaries.source.current(inNamespace: identity.metadata.namespace ?? "")
        guard try gatherer.forbids(withdrawals, of: identity, within: boundary) else { throw StaleObject() }
    }

    /// Makes sure that an identity may take over what others have: a boundary that says so may be one that only a cache has.
    ///
    /// - Throws: `StaleObject` when it may not, `BoundaryDoubt`, `KubernetesError`.
    func confirmAdoption(by identity: WorkloadIdentity) async throws {
        let boundary = try await boundaries.source.current(inNamespace: identity.metadata.namespace ?? "")
        guard boundary.allowsAdoption else { throw StaleObject() }
    }

    /// Why an identity has no right to an entry of its name.
    private enum Ground: String, CaseIterable {
        case reservedID = "had the SPIFFE ID of the operator"
        case inheritance = "an earlier WorkloadIdentity of this name had"
    }

    /// Deletes entries that a refused or paused identity has no right to, whatever boundaries say of what exists: those with
    /// the operator's own SPIFFE ID, from a time when that was not known, and, unless it is paused, those of an earlier
    /// identity of this name, which went without its finalizer. Its own others, from a time when it was accepted, stay.
    private func releaseForbidden(of identity: WorkloadIdentity, isPaused: Bool) async throws -> ReconcileResult {
        let reserved = boundaries.reservedIDs(inNamespace: identity.metadata.namespace)
        if isPaused, reserved.isEmpty { return .done }
        guard inventory.isComplete else { return .requeue(after: environment.jittered(Self.recheck, by: 0.2)) }
        let ids = entryIDs(of: identity)
        let look = IdentityMemory.Look(reserved: reserved, isPaused: isPaused)
        guard !ids.isEmpty, memory.with(identity.metadata, { $0.cleared }) != look else { return .done }
        let forbidden = try await forbidden(among: ids, of: identity, look)
        guard !forbidden.isEmpty else {
            memory.with(identity.metadata) { $0.cleared = look }
            return .done
        }
        for ground in Ground.allCases {
            guard let entries = forbidden[ground] else { continue }
            switch ground {
            case .reservedID:
                // No spec and no boundary gives anybody the operator's ID.
                try await reporter.ensureSame(identity)
            case .inheritance:
                // The spec decides who may take them over: the one that there is by now, so that no edit holds this off
                // (rule bound-39).
                let live = try await reporter.ensureSame(identity)
                guard entries.allSatisfy({ $0.isInherited(by: live.metadata) }) else { throw StaleObject() }
                try await boundaries.confirmRefusal(of: live, withdraws: false)
            }
            do throws(SPIREError) {
                try await applier.delete(entries.map(\.id), of: identity)
            } catch {
                throw try retry(after: error, of: identity)
            }
            reporter.event(
                .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn what \(ground.rawValue)", on: identity)
        }
        return .done
    }

    /// Those of the entries of its name that an identity has no right to, by the reason.
    private func forbidden(
        among ids: [String], of identity: WorkloadIdentity, _ look: IdentityMemory.Look
    ) async throws -> [Ground: [RegistrationEntry]] {
        do throws(SPIREError) {
            try gate.check()
            var forbidden: [Ground: [RegistrationEntry]] = [:]
            for result in await gatherer.registry.entries(ids: ids) {
                guard let entry = try result.get() else { continue }
                if look.reserved.contains(entry.spiffeID) {
                    forbidden[.reservedID, default: []].append(entry)
                } else if !look.isPaused, entry.isInherited(by: identity.metadata) {
                    forbidden[.inheritance, default: []].append(entry)
                }
            }
            return forbidden
        } catch {
            throw try retry(after: error, of: identity)
        }
    }

    /// What a pass ends with that met a failure. While SPIRE is away, nothing of the identity is in doubt.
    ///
    /// - Throws: the same, when the failure says nothing of the identity.
    func retry(after failure: SPIREError, of identity: WorkloadIdentity) throws -> any Error {
        if failure.isOutage { doubts.remove(identity.key) }
        return try gate.retry(after: failure, waiting: identity.key)
    }

    /// Touches only what has the operator's own SPIFFE ID, and what a boundary takes from single pods.
    ///
    /// - Parameter desired: what the identity asks for, if it may have that.
    func pause(_ identity: WorkloadIdentity, _ desired: DesiredIdentity?) async throws -> ReconcileResult {
        stopWaiting(identity.key)
        doubts.remove(identity.key)
        states.noteUnknown(of: identity)
        return try await tell {
            try await reportPause(of: identity)
        } after: {
            let result = try await releaseForbidden(of: identity, isPaused: true)
            if let desired { try await withdrawPaused(identity, desired) }
            return result
        }
    }

    /// Deletes what a boundary takes from single pods of a paused identity. While it is not known where they run, nothing is
    /// taken: the lists of pods and nodes wake it.
    private func withdrawPaused(_ identity: WorkloadIdentity, _ desired: DesiredIdentity) async throws {
        do {
            let ids = try gatherer.forbidden(of: identity, desired: desired).sorted()
            guard !ids.isEmpty else { return }
            try gate.check()
            try await confirm(withdrawals: ids, of: identity)
            try await applier.delete(ids, of: identity)
        } catch is PlacementUnknown {
            return
        } catch let error as SPIREError {
            throw try retry(after: error, of: identity)
        }
        reporter.reportWithdrawal(of: identity)
    }
}
