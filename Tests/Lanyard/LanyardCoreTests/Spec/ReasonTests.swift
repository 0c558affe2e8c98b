import LanyardAPI
import LanyardCore
import Testing

@Suite("Reason")
struct ReasonTests {
    /// Written out here, so that a new reason is decided about twice.
    private static let stalling: Set<Reason> = [
        .invalidSpec, .outsideBoundary, .conflict, .driftDetected, .rejected, .permissionDenied, .mountMissing,
        .connectionMissing, .roleNotAllowedByConnection, .templateMissing, .needsRecreate, .parentNotFound,
        .agentIDMismatch, .secretMissing, .mountInUse, .mountMismatch, .mountUnconfigured, .targetMissing,
    ]
    private static let healing: Set<Reason> = [
        .pending, .federatedBundleMissing, .spireUnavailable, .noLiveAgents, .unknown, .identityNotFound,
        .identityNotReady, .vaultSealed, .vaultUnavailable, .rateLimited, .timedOut, .retrying, .paused, .deleted,
    ]
    private static let good: Set<Reason> = [.ready, .accepted, .synced, .resolved]

    @Test("every reason either needs somebody or heals with time", arguments: Reason.allCases)
    func needsIntervention(reason: Reason) {
        #expect([Self.stalling, Self.healing, Self.good].filter { $0.contains(reason) }.count == 1)
        #expect(reason.needsIntervention == Self.stalling.contains(reason))
    }
}
