import KubernetesClient
import KubernetesModel
import LanyardAPI
import Testing

/// What is seen when the operator does not have a permission.
enum Symptom: Sendable {
    /// It starts without: this readiness check fails, and its log says `Forbidden`.
    case notReady(check: String)
    /// It starts without: it never leads.
    case neverLeads
    /// Nothing fails: a note is missing on a resource, a metric stays at 0, or a standby asks again and again.
    case goesUnsaid
    /// It loses the permission while it works: this act comes to nothing, and a pass or an event fails.
    case actFails(Act)
}

/// What a person does, to which the operator would answer.
enum Act: Equatable, Sendable {
    case createIdentity
    case createBinding
    case deleteIdentity
    case deleteBinding
    /// Adds a database role to a binding, which is another claim.
    case extendBinding
    /// Creates a binding of which the record's name is taken by a record of somebody else.
    case createBindingWithTakenRecord
    /// Creates the example of a kind whose objects the operator accepts or not, and nothing else.
    case createExample(of: String)
    /// Creates a mount that refers to a Secret, while there is no key for digests yet.
    case createMount
    case deleteMount
    case createBoundary
    /// Creates a boundary that allows nothing and takes away what is outside.
    case withdraw
    /// Creates an identity with placement `Pod`, and then a node and a pod.
    case placePod
    /// Puts a policy out of order twice, which is one event that happened twice.
    case driftTwice
}

extension Permission {
    private static let lanyard = "lanyard.dev"

    /// Everything that the operator may do, and what is seen without it. A permission that is granted and is not here fails
    /// `PermissionTests`, and so does one that is here and not granted or not used.
    static let symptoms: [(permission: Permission, symptom: Symptom)] = [
        (Permission("list", lanyard, "workloadidentities"), .notReady(check: "sync-workloadidentities")),
        (Permission("watch", lanyard, "workloadidentities"), .notReady(check: "sync-workloadidentities")),
        (Permission("get", lanyard, "workloadidentities"), .actFails(.deleteIdentity)),
        (Permission("patch", lanyard, "workloadidentities"), .actFails(.createIdentity)),
        (Permission("patch", lanyard, "workloadidentities/status"), .actFails(.createIdentity)),
        (Permission("list", lanyard, "vaultrolebindings"), .notReady(check: "sync-vaultrolebindings")),
        (Permission("watch", lanyard, "vaultrolebindings"), .notReady(check: "sync-vaultrolebindings")),
        (Permission("get", lanyard, "vaultrolebindings"), .actFails(.deleteBinding)),
        (Permission("patch", lanyard, "vaultrolebindings"), .actFails(.createBinding)),
        (Permission("patch", lanyard, "vaultrolebindings/status"), .actFails(.createBinding)),
        (Permission("list", lanyard, "databaseroletemplates"), .notReady(check: "sync-databaseroletemplates")),
        (Permission("watch", lanyard, "databaseroletemplates"), .notReady(check: "sync-databaseroletemplates")),
        (
            Permission("patch", lanyard, "databaseroletemplates/status"),
            .actFails(.createExample(of: "DatabaseRoleTemplate"))
        ),
        (Permission("list", lanyard, "identityboundaries"), .notReady(check: "sync-identityboundaries")),
        (Permission("watch", lanyard, "identityboundaries"), .notReady(check: "sync-identityboundaries")),
        (Permission("patch", lanyard, "identityboundaries/status"), .actFails(.createBoundary)),
        // Before all others that make mounts: a process keeps the key that it has found.
        (Permission("patch", "", "secrets"), .actFails(.createMount)),
        (Permission("list", lanyard, "vaultmounts"), .notReady(check: "sync-vaultmounts")),
        (Permission("watch", lanyard, "vaultmounts"), .notReady(check: "sync-vaultmounts")),
        (Permission("get", lanyard, "vaultmounts"), .actFails(.deleteMount)),
        (Permission("patch", lanyard, "vaultmounts"), .actFails(.createMount)),
        (Permission("patch", lanyard, "vaultmounts/status"), .actFails(.createMount)),
        (Permission("get", "", "secrets"), .actFails(.createMount)),
        (Permission("get", "", "namespaces"), .actFails(.withdraw)),
        (Permission("list", "", "namespaces"), .notReady(check: "sync-namespaces")),
        (Permission("watch", "", "namespaces"), .notReady(check: "sync-namespaces")),
        (Permission("list", "", "pods"), .actFails(.placePod)),
        (Permission("watch", "", "pods"), .actFails(.placePod)),
        (Permission("list", "", "nodes"), .actFails(.placePod)),
        (Permission("watch", "", "nodes"), .actFails(.placePod)),
        (Permission("get", "", "serviceaccounts"), .goesUnsaid),
        (Permission("get", "apiextensions.k8s.io", "customresourcedefinitions"), .goesUnsaid),
        (Permission("create", "events.k8s.io", "events"), .actFails(.createIdentity)),
        (Permission("patch", "events.k8s.io", "events"), .actFails(.driftTwice)),
        (Permission("list", lanyard, "ownershiprecords"), .notReady(check: "sync-ownershiprecords")),
        (Permission("watch", lanyard, "ownershiprecords"), .notReady(check: "sync-ownershiprecords")),
        (Permission("get", lanyard, "ownershiprecords"), .actFails(.createBindingWithTakenRecord)),
        (Permission("create", lanyard, "ownershiprecords"), .actFails(.createBinding)),
        (Permission("update", lanyard, "ownershiprecords"), .actFails(.extendBinding)),
        (Permission("delete", lanyard, "ownershiprecords"), .actFails(.deleteBinding)),
        (Permission("get", "coordination.k8s.io", "leases"), .neverLeads),
        (Permission("watch", "coordination.k8s.io", "leases"), .goesUnsaid),
        (Permission("create", "coordination.k8s.io", "leases"), .neverLeads),
        (Permission("patch", "coordination.k8s.io", "leases"), .neverLeads),
    ]

    /// The kinds of which an example shows what a permission is for.
    static let examples = symptoms.compactMap { _, symptom -> String? in
        guard case .actFails(.createExample(let kind)) = symptom else { return nil }
        return kind
    }

    /// Whether it is for the list of a kind that the operator watches.
    var isListOfWatched: Bool { verb == "list" && Self.watched.contains("\(resource).\(group)") }

    /// The kinds that the operator watches, and no others: what it caches is its memory, and what it may see. Of leases it is the
    /// one of its own.
    static let watched = Set(
        LanyardKind.all.map(\.descriptor.qualifiedName)
            + ["namespaces.", "pods.", "nodes.", "leases.coordination.k8s.io"])
}
