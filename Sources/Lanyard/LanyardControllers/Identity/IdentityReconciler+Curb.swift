import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Deletes the entries that have what a boundary takes away, where they are not what the spec asks for: a spec that asks for
    /// less is not yet less. So go those of an earlier identity of its name, whatever the boundary does with violations. The
    /// API server itself has to show that boundary; what the spec says by now does not matter.
    ///
    /// - Parameters:
    ///   - settled: entries that are known to be as the spec wants them.
    ///   - isAccepted: whether it takes over what an earlier one had; what a refused one has of that goes in any case.
    /// - Returns: whether there were any.
    /// - Throws: `SPIREError`, also when nothing that could be read is outside and something could not; `BoundaryDoubt`,
    ///   `StaleObject`, `KubernetesError`.
    func withdrawStanding(
        of identity: WorkloadIdentity, besides settled: Set<String> = [], isAccepted: Bool = true
    ) async throws -> Bool {
        let boundary = boundaries.effective(inNamespace: identity.metadata.namespace)
        guard boundary.withdraws || isAccepted else { return false }
        let ids = entryIDs(of: identity).filter { !settled.contains($0) }
        guard !ids.isEmpty else { return false }
        try gate.check()
        var outside: [RegistrationEntry] = []
        var trouble: SPIREError?
        for result in await gatherer.registry.entries(ids: ids) {
            switch result {
            case .success(let entry?) where mustGo(entry, of: identity, within: boundary):
                outside.append(entry)
            case .success: continue
            case .failure(let error): trouble = trouble ?? error
            }
        }
        if outside.isEmpty {
            if let trouble { throw trouble }
            return false
        }
        let live = try await reporter.ensureSame(identity)
        let current = try await boundaries.certain(inNamespace: identity.metadata.namespace)
        guard outside.allSatisfy({ mustGo($0, of: live, within: current) }) else { throw StaleObject() }
        try await applier.delete(outside.map(\.id), of: identity)
        reporter.reportWithdrawal(of: identity)
        return true
    }

    /// Holds what exists to the boundary after a pass that came to nothing: at once, or where the next one may come to its end,
    /// when that has lasted a while (rule bound-37). Whether it could be looked at does not matter, as the pass is repeated.
    func withdrawStanding(of identity: WorkloadIdentity, after error: any Error, isAccepted: Bool = true) async {
        let isPassing = error is PlacementUnknown || error.isOfCluster
        guard !isPassing || doubts.lasts(of: identity.key, at: environment.clock.now) else { return }
        _ = try? await withdrawStanding(of: identity, isAccepted: isAccepted)
    }

    /// Ends a pass that came to nothing: what exists may be what an earlier spec asked for.
    ///
    /// - Returns: what is to be said of the error.
    /// - Throws: the error, when it is not one to be told.
    func end(_ identity: WorkloadIdentity, after error: any Error) async throws -> ConditionOutcome {
        let failure = error as? SPIREError
        if failure?.isOutage != true { await withdrawStanding(of: identity, after: error) }
        if let unknown = error as? PlacementUnknown { return .fails(.pending, unknown.description) }
        guard let failure else { throw error }
        _ = try retry(after: failure, of: identity)
        return failure.outcome
    }

    /// Whether an entry goes, whatever the spec says by now.
    private func mustGo(
        _ entry: RegistrationEntry, of identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) -> Bool {
        guard boundary.withdraws || entry.isInherited(by: identity.metadata) else { return false }
        return boundaries.isOutside(standing: entry, of: identity, within: boundary)
    }

    /// The entries that are known to be as the spec wants them.
    func settled(_ wanted: [DesiredEntry]) -> Set<String> {
        Set(wanted.map(\.entry.id)).subtracting(inventory.unsettled(wanted).map(\.entry.id))
    }
}
