import KubernetesModel
package import LanyardAPI

/// What a pass over a VaultMount came to.
package enum MountOutcome: Equatable, Sendable {
    /// The spec cannot be accepted; what exists stays.
    case refused(reason: Reason, message: String)
    /// The spec was accepted and Vault was looked at.
    ///
    /// - Parameters:
    ///   - accessor: the server's name for the mount, if it is there.
    ///   - configuration: nil when there is nothing below the mount.
    case accepted(
        mount: DesiredMount, accessor: String?, synced: ConditionOutcome, configuration: ConditionOutcome?)
    /// It is being deleted, and cleaning up failed.
    case cleanupFailed(ConditionOutcome)
}

/// Makes the status of a VaultMount. Pure; the caller compares and sends it.
package enum MountStatusMaker {
    /// The status after a pass; what the pass did not look at stays as it was.
    ///
    /// - Parameters:
    ///   - mount: the object as it is stored.
    ///   - outcome: what this pass came to.
    ///   - now: RFC 3339 time for transitions.
    package static func status(of mount: VaultMount, outcome: MountOutcome, now: String) -> VaultMountStatus {
        let previous = mount.status ?? VaultMountStatus()
        var previousConditions = previous.conditions ?? []
        var status = previous
        status.observedGeneration = mount.metadata.generation
        let parts: [(type: String, outcome: ConditionOutcome)]
        switch outcome {
        case .refused(let reason, let message):
            parts = [(ConditionType.accepted, .fails(reason, message))]
        case .accepted(let desired, let accessor, let synced, let configuration):
            status.path = desired.location.mountPath
            // While it is not known whether the mount is there, what was known of it stays.
            status.accessor = accessor ?? (synced.isTrue ? nil : previous.accessor)
            let objects = desired.claimPaths.dropFirst().sorted()
            status.objects = objects.isEmpty ? nil : objects
            var found = [
                (ConditionType.accepted, ConditionOutcome.holds(.accepted, "the spec is valid")),
                (ConditionType.mountSynced, synced),
            ]
            if let configuration {
                found.append((ConditionType.configurationSynced, configuration))
            } else {
                previousConditions.removeAll { $0.type == ConditionType.configurationSynced }
            }
            parts = found
        case .cleanupFailed(let failure):
            parts = [(ConditionType.mountSynced, failure)]
        }
        status.conditions = ConditionSummary.conditions(
            parts: parts, readyMessage: "the mount can be used", generation: mount.metadata.generation,
            previous: previousConditions, now: now)
        return status
    }
}
