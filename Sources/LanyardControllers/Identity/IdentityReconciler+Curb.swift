import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient

extension IdentityReconciler {
    /// Holds what exists to the boundary where a pass could not put the spec into effect.
    func curb(_ identity: WorkloadIdentity) async throws {
        do {
            _ = try await withdrawStanding(of: identity)
        } catch let error as SPIREError {
            throw retry(after: error, of: identity)
        }
    }

    /// Deletes the entries that have what a boundary takes away, where they are not what the spec asks for: a spec that asks for
    /// less is not yet less. The API server itself has to show that boundary.
    ///
    /// - Parameter settled: entries that are known to be as the spec wants them.
    /// - Returns: whether there were any.
    /// - Throws: `SPIREError`, also when nothing that could be read is outside and something could not; `BoundaryDoubt`,
    ///   `StaleObject`, `KubernetesError`.
    func withdrawStanding(of identity: WorkloadIdentity, besides settled: Set<String> = []) async throws -> Bool {
        let boundary = boundaries.effective(inNamespace: identity.metadata.namespace)
        guard boundary.withdraws else { return false }
        let ids = entryIDs(of: identity).filter { !settled.contains($0) }
        guard !ids.isEmpty else { return false }
        if let failure = gate.currentFailure { throw failure }
        var outside: [RegistrationEntry] = []
        var trouble: SPIREError?
        for result in await gatherer.registry.entries(ids: ids) {
            switch result {
            case .success(let entry?) where boundaries.isOutside(standing: entry, of: identity, within: boundary):
                outside.append(entry)
            case .success: continue
            case .failure(let error): trouble = trouble ?? error
            }
        }
        if outside.isEmpty {
            if let trouble { throw trouble }
            return false
        }
        try await reporter.ensureSame(identity)
        let current = try await boundaries.certain(inNamespace: identity.metadata.namespace)
        guard current.withdraws,
            outside.allSatisfy({ boundaries.isOutside(standing: $0, of: identity, within: current) })
        else { throw StaleObject() }
        try await applier.delete(outside.map(\.id), of: identity)
        reporter.event(
            .warning, EventReason.withdrawn, action: "Withdraw", "withdrawn, as the boundary says (onViolation)",
            on: identity)
        BoundaryMetrics.recordWithdrawal(of: WorkloadIdentity.descriptor.kind)
        return true
    }

    /// The entries that are known to be as the spec wants them.
    func settled(_ wanted: [DesiredEntry]) -> Set<String> {
        Set(wanted.map(\.entry.id)).subtracting(inventory.unsettled(wanted).map(\.entry.id))
    }
}
