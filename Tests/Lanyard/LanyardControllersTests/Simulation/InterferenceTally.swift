import KubernetesModel
import LanyardAPI
import LanyardControllers

/// How much happened in histories: a history in which nothing is refused, or nothing allowed, proves nothing.
struct InterferenceTally {
    /// What the tenant did to its resources.
    var acts = 0
    /// Passes over the tenant's resources that ended with `Accepted=True`.
    var accepted = 0
    /// Passes over the tenant's resources that ended with `Accepted=False`, by reason.
    var refused: [String: Int] = [:]
    /// Writes to Vault and SPIRE on behalf of the tenant.
    var writes = 0
    /// Passes over resources of the others.
    var passesOverOthers = 0
    /// How often something of the others was compared with what it was.
    var comparisons = 0
    /// Passes on caches that were behind, or with a call that failed.
    var disturbed = 0
    /// Logins of bindings that were ready at the end of a history.
    var readyLogins = 0

    /// Notes a pass.
    ///
    /// - Parameters:
    ///   - view: the cluster after it.
    ///   - writes: what it wrote to Vault and SPIRE.
    ///   - namespace: the tenant's.
    ///   - isDisturbed: whether caches were behind, or a call failed.
    mutating func note(
        pass target: Target, in view: ClusterView, writes: Int, namespace: String, isDisturbed: Bool
    ) {
        disturbed += isDisturbed ? 1 : 0
        let key: ObjectKey
        let conditions: [Condition]?
        switch target {
        case .identity(let identity):
            key = identity
            conditions = view.identities.first { $0.key == identity }?.status?.conditions
        case .binding(let binding):
            key = binding
            conditions = view.bindings.first { $0.key == binding }?.status?.conditions
        case .verification: return
        }
        guard key.namespace == namespace else {
            passesOverOthers += 1
            return
        }
        self.writes += writes
        guard let condition = conditions?.condition("Accepted") else { return }
        if condition.status == .yes { accepted += 1 } else { refused[condition.reason, default: 0] += 1 }
    }

    /// Adds another history's.
    mutating func add(_ other: InterferenceTally) {
        acts += other.acts
        accepted += other.accepted
        refused.merge(other.refused) { $0 + $1 }
        writes += other.writes
        passesOverOthers += other.passesOverOthers
        comparisons += other.comparisons
        disturbed += other.disturbed
        readyLogins += other.readyLogins
    }

    /// One line for people.
    var summary: String {
        let reasons = refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return "\(acts) acts of the tenant; passes: \(accepted) accepted, \(reasons), \(passesOverOthers) over others; "
            + "\(disturbed) disturbed; \(writes) writes for the tenant; \(comparisons) comparisons of what others have; "
            + "\(readyLogins) logins ready at the end"
    }
}
