import KubernetesModel
import LanyardAPI
import LanyardCore

/// What SPIRE has of an identity that is not as declared, for its status and for the bindings that name it.
extension IdentityReconciler {
    /// The entries that exist, as they are: one that could not be moved is still what it was, and one whose node or pod is
    /// not known now is still there.
    func registered(_ facts: IdentityFacts, standing: [RegistrationEntry], of key: ObjectKey) -> RegisteredEntries {
        var shown = facts.wanted.entries
        if !standing.isEmpty {
            let actual = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for index in shown.indices {
                if let entry = actual[shown[index].entry.id] { shown[index].entry = entry }
            }
        }
        return RegisteredEntries(
            inventory.existing(among: shown, atMost: RegisteredEntries.shown), of: shown,
            count: inventory.existing(of: key).count)
    }

    /// Why workloads cannot obtain the identity; nil when they can. Entries that were found changed and left so by
    /// `driftPolicy: Report` are served all the same.
    func trouble(synced: ConditionOutcome, parent: ConditionOutcome, isComplete: Bool) -> ConditionOutcome? {
        switch synced.reason {
        case .federatedBundleMissing: break
        case .driftDetected where isComplete: break
        default: if !synced.isTrue { return synced }
        }
        return parent.isTrue ? nil : parent
    }

    /// Who has the identity in SPIRE, by the entries that could not be moved to what the spec says. That is told by their
    /// selectors, and believed only where the spec could say so, too.
    func standing(
        of identity: WorkloadIdentity, desired: DesiredIdentity, standing: [RegistrationEntry]
    ) -> IdentityStates.Standing {
        guard let first = standing.first else { return .declared }
        guard standing.allSatisfy({ $0.spiffeID == first.spiffeID }) else { return .uncertain }
        let accounts = Set(standing.map { $0.serviceAccounts(inNamespace: identity.metadata.namespace ?? "") })
        guard accounts.count == 1, let account = accounts.first?.first, accounts.first?.count == 1 else {
            return .uncertain
        }
        var former = identity
        former.spec.serviceAccountName = account
        former.spec.spiffeID = first.spiffeID.description
        guard case .success(let admitted) = boundaries.admit(former), admitted.spiffeID == first.spiffeID else {
            return .uncertain
        }
        return account == desired.serviceAccountName && first.spiffeID == desired.spiffeID
            ? .declared : .former(serviceAccount: account, spiffeID: first.spiffeID)
    }
}

extension RegistrationEntry {
    /// The ServiceAccounts of a namespace whose pods it is for; none when it is for another namespace's, or not only for one's.
    fileprivate func serviceAccounts(inNamespace namespace: String) -> [String] {
        let own = selectors.filter { $0.type == "k8s" }.map(\.value)
        guard own.filter({ $0.hasPrefix("ns:") }) == ["ns:\(namespace)"] else { return [] }
        return own.filter { $0.hasPrefix("sa:") }.map { String($0.dropFirst("sa:".count)) }.sorted()
    }
}
