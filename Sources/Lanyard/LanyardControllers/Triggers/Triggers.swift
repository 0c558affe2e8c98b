package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore

/// Which objects a change concerns: the changed one, and those that refer to it, wait for it, or were in its way.
package struct Triggers: Sendable {
    let identities: Store<WorkloadIdentity>
    let bindings: Store<VaultRoleBinding>
    let settings: PlanningSettings

    /// Answers from the stores.
    package init(identities: Store<WorkloadIdentity>, bindings: Store<VaultRoleBinding>, settings: PlanningSettings) {
        self.identities = identities
        self.bindings = bindings
        self.settings = settings
    }

    /// Identities that a change of an identity concerns.
    package func identities(for delta: Delta<WorkloadIdentity>) -> Set<ObjectKey> {
        guard delta.isNews else { return [] }
        var keys = Set([delta.key].compactMap { $0 })
        if delta.new?.metadata.isBeingDeleted != false || delta.old?.spec != delta.new?.spec, let old = delta.old {
            // It may have let go of an entry that others of the same ServiceAccount want.
            let value = IdentityIndex.serviceAccountValue(of: old)
            keys.formUnion(identities.keys(index: IdentityIndex.serviceAccount, value: value))
        }
        return keys
    }

    /// Identities that a change of the pods of these ServiceAccounts (`namespace/name`) concerns.
    package func identities(placedWith serviceAccounts: Set<String>) -> [ObjectKey] {
        Set(serviceAccounts.flatMap { identities.keys(index: IdentityIndex.placed, value: $0) }).sorted()
    }

    /// Bindings that a change of an identity concerns: those that name it.
    package func bindings(for delta: Delta<WorkloadIdentity>) -> Set<ObjectKey> {
        guard let key = delta.key, delta.isNews else { return [] }
        return bindings.keys(index: BindingIndex.identity, value: key.description)
    }

    /// Bindings that the outcome of a pass over an identity concerns: those that name it, as far as it is news to them.
    package func bindings(naming identity: ObjectKey, for news: IdentityStates.News) -> [ObjectKey] {
        let named = bindings.objects(index: BindingIndex.identity, value: identity.description)
        switch news {
        case .standing: return named.map(\.key)
        case .trouble: return named.filter { $0.spec.jwtAuth != nil }.map(\.key)
        }
    }

    /// Bindings that a change of a template concerns: those that name it.
    package func bindings(for delta: Delta<DatabaseRoleTemplate>) -> Set<ObjectKey> {
        guard let key = delta.key, delta.changesMoreThanStatus else { return [] }
        return bindings.keys(index: BindingIndex.template, value: key.name)
    }

    /// Bindings that a change of an ownership record concerns: who could not have a record because of this one.
    package func bindings(for delta: Delta<OwnershipRecord>) -> Set<ObjectKey> {
        guard let old = delta.old, delta.new?.spec.owner != old.spec.owner else { return [] }
        let name = old.metadata.name
        // All but those that somebody wrote by hand are in the name of their owner, and in nobody's way.
        if old.spec.owner.kind == VaultRoleBinding.descriptor.kind,
            OwnershipLedger.recordName(of: old.spec.owner) == name
        {
            return []
        }
        return Set(
            bindings.all.filter { OwnershipLedger.recordName(of: OwnershipRecord.Owner(of: $0)) == name }.map(\.key))
    }

    /// Bindings that other news from a path of Vault concerns: those that take for granted what is there, and are not usable.
    package func bindings(waitingFor path: String) -> [ObjectKey] {
        bindings.objects(index: BindingIndex.surveyedPath, value: path).filter { !$0.isReady }.map(\.key)
    }

    /// All bindings that are not usable.
    package var waitingBindings: [ObjectKey] { bindings.all.filter { !$0.isReady }.map(\.key) }

    /// Bindings that a change of a binding concerns: itself, and those that may have waited for a path which it let go. To name
    /// what others have costs them nothing (rule work-12): who could not have a name was in nobody's way, and for a path that
    /// somebody holds nobody waits but until that one releases it.
    package func bindings(
        for delta: Delta<VaultRoleBinding>, ledger: OwnershipLedger, boundaries: BoundaryBook
    ) -> Set<ObjectKey> {
        guard delta.isNews else { return [] }
        var keys = Set([delta.key].compactMap { $0 })
        if let old = delta.old, old.spec != delta.new?.spec, boundaries.allowsEveryName(of: old) {
            for path in BindingPaths.named(by: old, settings: settings) where ledger.holder(of: path) == nil {
                keys.formUnion(bindings.keys(index: BindingIndex.vaultPath, value: path))
            }
        }
        return keys
    }
}

extension Delta {
    /// Whether somebody else than a pass has changed more than the status.
    fileprivate var isNews: Bool { changesMoreThanStatus && !onlyAddsOurFinalizer }

    /// Whether nothing happened but that the finalizer was stored, by a pass that knows of it and goes on.
    private var onlyAddsOurFinalizer: Bool {
        guard let old = old?.metadata, let new = new?.metadata, old.uid == new.uid,
            old.generation == new.generation, old.deletionTimestamp == new.deletionTimestamp,
            old.labels == new.labels, old.annotations == new.annotations, old.leftOut == new.leftOut
        else { return false }
        let before = Set(old.finalizers ?? [])
        return !before.contains(LanyardGroup.cleanupFinalizer)
            && Set(new.finalizers ?? []) == before.union([LanyardGroup.cleanupFinalizer])
    }
}
