import KubernetesModel
import LanyardCore

/// What `lanyard uninstall` did or would do, for programs.
struct UninstallReport: Equatable, Sendable, Encodable {
    /// A resource of the cluster.
    struct Resource: Equatable, Sendable, Encodable {
        let kind: String
        /// Nil for cluster-scoped kinds.
        let namespace: String?
        let name: String

        init(_ resource: UninstallPlan.Resource) {
            kind = resource.kind
            namespace = resource.key.namespace
            name = resource.key.name
        }
    }

    /// `remove` or `leave`.
    let mode: String
    let isDryRun: Bool
    /// Why nothing is done.
    private(set) var refusals: [String] = []
    /// What people should know.
    private(set) var notes: [String] = []
    /// What is deleted, in order.
    private(set) var deletions: [Resource] = []
    /// What is let go of as it is.
    private(set) var releases: [Resource] = []
    /// What stays in Vault with `leave`, as far as the ledger tells.
    var claims: [String] = []
    /// How many resources are still there at the end; nil when nothing was done.
    var left: Int?
    /// Why the cluster cannot be read or written.
    var failure: String?

    init(mode: String, isDryRun: Bool) {
        self.mode = mode
        self.isDryRun = isDryRun
    }

    /// Notes what the plan says.
    mutating func take(_ plan: UninstallPlan) {
        refusals = plan.refusals
        notes = plan.notes
        deletions = plan.deletions.map(Resource.init)
        releases = plan.releases.map(Resource.init)
    }
}
