import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore

/// Who was there before a binding and wants a name that nobody holds yet.
extension BindingGatherer {
    /// How many older bindings that want the same name are looked at closely: nobody waits for long because others ask for
    /// much. Who comes behind so many that are refused has lost nothing but its turn.
    private static let rivalLimit = 32

    /// The oldest binding that a name is for before it is for this one.
    func rival(of binding: VaultRoleBinding, for path: String) async -> VaultRoleBinding? {
        let older = store.objects(index: BindingIndex.vaultPath, value: path)
            .filter { $0.key != binding.key && Seniority(of: $0.metadata) < Seniority(of: binding.metadata) }
            .sorted { Seniority(of: $0.metadata) < Seniority(of: $1.metadata) }
        var count = 0
        // A name that a binding must not have is nobody's obstacle, and costs next to nothing to find out.
        for older in older where boundaries.allowsNames(of: older) {
            count += 1
            if count > Self.rivalLimit { return nil }
            // Nor is one that nobody can have yet, as it is not known who: the boundary may tie the name to the ServiceAccount.
            guard let subject = await subject(ofRival: older) else { continue }
            let grounds = boundaries.grounds(for: older, subject: subject)
            guard let policyPath = await boundaries.policyPath(of: older, on: grounds, in: store) else { continue }
            // Without its policy it gets no login either.
            let kind = VaultObjectKind(path: path)
            guard kind == .policy || kind == .authRole else { return older }
            let uid = boundaries.namespaceUID(older.metadata.namespace)
            if reservation(of: policyPath, against: older, namespaceUID: uid) == nil { return older }
        }
        return nil
    }

    /// Whether another binding of the namespace, one that is not being deleted, names a path as well, and may.
    func isNamed(_ path: String, besides binding: VaultRoleBinding) -> Bool {
        store.objects(index: BindingIndex.vaultPath, value: path).contains {
            $0.key != binding.key && $0.metadata.namespace == binding.metadata.namespace
                && boundaries.allowsEveryName(of: $0)
        }
    }

    /// What `subject(of:)` says; nil when that cannot be said.
    private func subject(ofRival rival: VaultRoleBinding) async -> SubjectResolution? {
        guard rival.spec.workloadIdentityRef != nil else {
            return .serviceAccounts(rival.spec.serviceAccountNames ?? [])
        }
        guard let identity = identity(of: rival), !identity.metadata.isBeingDeleted,
            let desired = await boundaries.desired(
                for: identity, on: boundaries.grounds(for: identity), in: identities)
        else { return nil }
        return .identity(serviceAccount: desired.serviceAccountName, spiffeID: desired.spiffeID)
    }
}
