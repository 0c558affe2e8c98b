import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import VaultClient

extension BindingReconciler {
    /// Claims for a binding that is to be cleaned up, and of which there is no record at all, what says by itself that it was
    /// made for it: the ledger may have been lost.
    ///
    /// - Returns: what there may be of what the spec names, of which nobody knows whose it is, sorted; nothing outside of the
    ///   boundary, whose author does not learn what is there.
    /// - Throws: `VaultError`, `DeletionFailure` for what cannot be looked at, `KubernetesError`.
    func recollect(_ binding: VaultRoleBinding, for owner: OwnershipRecord.Owner) async throws -> [String] {
        guard !gatherer.ledger.isRecordTaken(for: owner),
            let access = try? BindingPlanner.desired(for: binding, subject: nil, settings: boundaries.settings).get()
        else { return [] }
        try gate.check()
        var own: [String] = []
        var unknown: [String] = []
        for path in access.objectPaths.sorted() where gatherer.ledger.holder(of: path) == nil {
            guard let kind = VaultObjectKind(path: path) else { continue }
            do throws(VaultError) {
                guard let data = try await gatherer.vault.read(path) else { continue }
                let isDisputed = gatherer.isNamed(path, besides: binding)
                if access.ownWork.covers(path, data, isDisputed: isDisputed) {
                    own.append(path)
                } else {
                    unknown.append(path)
                }
            } catch  where error.code == .mountMissing {
                // The mount is gone, and everything in it.
            } catch  where error.code == .permissionDenied {
                // What the operator may not even read was hardly made by it, and a name that a spec may choose freely holds up
                // no deletion.
                unknown.append(path)
            } catch {
                throw DeletionFailure(kind: kind, path: path, isRevocation: false, error: error)
            }
        }
        _ = try await gatherer.ledger.claim(own, for: owner)
        guard case .success = boundaries.admit(binding, subject: try? gatherer.subject(of: binding).get()) else {
            return []
        }
        return unknown
    }

    /// Says what stays in Vault because nobody knows whose it is.
    func report(unrecorded paths: [String], on binding: VaultRoleBinding) {
        guard !paths.isEmpty else { return }
        reporter.event(
            .warning, EventReason.unrecorded, action: "Delete",
            "left behind, as no ownership record says whose it is: \(paths.joined(separator: ", "))", on: binding)
    }
}
