import LanyardAPI
import LanyardCore

extension VaultRoleBinding {
    /// Which of the held paths stay behind when the binding is deleted.
    ///
    /// Where a database role is to stay but the spec cannot be planned any more, all database roles stay: nothing is
    /// deleted that the author may want to keep.
    ///
    /// - Parameter orphans: those of the held paths that the ledger says are to stay. What is in the spec goes by the
    ///   spec, which may have changed since.
    func pathsToKeep(among held: [String], orphans: Set<String>, settings: PlanningSettings) -> Set<String> {
        if spec.deletionPolicy == .orphan { return Set(held) }
        let kept = (spec.databaseRoles ?? []).filter { $0.deletionPolicy == .orphan }.map(\.name)
        guard !kept.isEmpty || !orphans.isEmpty else { return [] }
        guard let access = try? BindingPlanner.desired(for: self, subject: nil, settings: settings).get() else {
            return Set(held.filter { VaultObjectKind(path: $0) == .databaseRole })
        }
        let paths = access.databaseRoles.filter { kept.contains($0.name) }.map(\.path)
        return Set(paths).union(orphans.subtracting(access.databaseRoles.map(\.path))).intersection(held)
    }
}
