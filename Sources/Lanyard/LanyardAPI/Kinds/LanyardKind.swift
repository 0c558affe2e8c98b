package import KubernetesModel

/// A kind of the group, for all who treat every kind alike.
package struct LanyardKind: Sendable {
    /// Who writes objects of a kind.
    package enum Author: Sendable {
        case tenants
        case platformTeams
        case theOperator
    }

    /// What its objects are in Swift. What a module does with all kinds it knows by this, from a protocol of its own.
    package let type: any KubernetesResource.Type
    package let descriptor: ResourceDescriptor
    package let projection: ObjectProjection
    package let author: Author
    /// Whether something is made for its objects in SPIRE or Vault, so that a finalizer holds them until that is gone.
    package let isCleanedUp: Bool

    private init<Object: KubernetesResource>(_ type: Object.Type, by author: Author, isCleanedUp: Bool = false) {
        self.type = type
        descriptor = Object.descriptor
        projection = Object.projection
        self.author = author
        self.isCleanedUp = isCleanedUp
    }

    /// All of them, in the order in which they go when Lanyard leaves a cluster: who may log in, then identities, then mounts,
    /// and last what all of them are held against.
    package static let all = [
        LanyardKind(VaultRoleBinding.self, by: .tenants, isCleanedUp: true),
        LanyardKind(WorkloadIdentity.self, by: .tenants, isCleanedUp: true),
        LanyardKind(VaultMount.self, by: .platformTeams, isCleanedUp: true),
        LanyardKind(DatabaseRoleTemplate.self, by: .platformTeams),
        LanyardKind(IdentityBoundary.self, by: .platformTeams),
        LanyardKind(OwnershipRecord.self, by: .theOperator),
    ]

    /// Those that people write.
    package static let declared = all.filter { $0.author != .theOperator }
}
