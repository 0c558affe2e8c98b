import KubernetesModel
import LanyardAPI

/// Everything outside of Kubernetes, and the ledger, at one moment.
struct ExternalState: Equatable {
    var entries: [String: RegistrationEntry]
    var objects: [String: JSONValue]
    var records: [OwnershipRecord]

    /// Who holds a path according to the stored records.
    func holder(of path: String) -> OwnershipRecord.Owner? {
        records.first { $0.spec.claims.contains { $0.path == path } }?.spec.owner
    }

    /// Paths that differ between two moments, sorted.
    func changedPaths(since before: ExternalState) -> [String] {
        Set(objects.keys).union(before.objects.keys).filter { objects[$0] != before.objects[$0] }.sorted()
    }

    /// Entry IDs that differ between two moments, sorted.
    func changedEntries(since before: ExternalState) -> [String] {
        Set(entries.keys).union(before.entries.keys).filter { entries[$0] != before.entries[$0] }.sorted()
    }
}
