import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore

/// One kind of resource, read and written by its metadata: an object with a spec that cannot be read goes like any other.
struct UninstallKind: Sendable {
    /// Such as `VaultRoleBinding`.
    let name: String
    /// All that there are; none where the kind is not served.
    let list: @Sendable (any KubernetesAPI) async throws -> [UninstallPlan.Resource]
    /// Whether one is still there.
    let exists: @Sendable (any KubernetesAPI, ObjectKey) async throws -> Bool
    /// Asks for the deletion of one.
    let delete: @Sendable (any KubernetesAPI, ObjectKey) async throws -> Void
    /// Takes the finalizer of one away.
    let release: @Sendable (any KubernetesAPI, ObjectKey) async throws -> Void
    /// What keeps one from going; nil when nothing says so.
    let obstacle: @Sendable (any KubernetesAPI, ObjectKey) async throws -> String?

    /// The metadata of a kind.
    private enum Metadata<Object: KubernetesResource>: ResourceKind {
        static var descriptor: ResourceDescriptor { Object.descriptor }
        static var annotations: ObjectProjection.Annotations { .beginning(with: "\(LanyardGroup.name)/") }
    }

    private init<Object: ConditionedResource>(
        _ type: Object.Type, deletionPolicy: @escaping @Sendable (Object) -> DeletionPolicy?,
        isDestructive: Bool = false
    ) {
        typealias Partial = PartialObjectMetadata<Metadata<Object>>
        name = Object.descriptor.kind
        list = { api in
            var policies: [ObjectKey: DeletionPolicy] = [:]
            var resources: [UninstallPlan.Resource] = []
            try await Self.ifServed {
                try await api.listAllDecodable(type) { object in
                    if case .object(let object) = object { policies[object.key] = deletionPolicy(object) }
                }
                try await api.listAll(Partial.self) { object in
                    resources.append(
                        UninstallPlan.Resource(
                            kind: Object.descriptor.kind, key: object.key,
                            isHeld: object.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true,
                            isPaused: object.metadata.annotations?[LanyardGroup.pausedAnnotation] == "true",
                            isOrphaning: policies[object.key] == .orphan,
                            isDestructive: isDestructive && policies[object.key] == .delete))
                }
            }
            return resources.sorted { $0.key < $1.key }
        }
        exists = { api, key in
            var exists = false
            try await Self.ifServed { exists = try await api.get(Partial.self, key) != nil }
            return exists
        }
        delete = { api, key in try await api.delete(Partial.self, key, uid: nil) }
        release = { api, key in
            guard let object = try await api.get(Partial.self, key) else { return }
            try await api.removeFinalizer(LanyardGroup.cleanupFinalizer, from: object)
        }
        obstacle = { api, key in
            let ready = try await api.get(type, key)?.condition(ConditionType.ready)
            return ready.flatMap { $0.status == .yes ? nil : "\($0.reason): \($0.message)" }
        }
    }

    /// All kinds that authors write.
    static let all: [UninstallKind] = [
        UninstallKind(VaultRoleBinding.self, deletionPolicy: \.spec.deletionPolicy),
        UninstallKind(WorkloadIdentity.self, deletionPolicy: \.spec.deletionPolicy),
        // Without a policy a mount stays, with all that is in it.
        UninstallKind(
            VaultMount.self, deletionPolicy: { $0.spec.deletionPolicy ?? .orphan }, isDestructive: true),
        UninstallKind(DatabaseRoleTemplate.self, deletionPolicy: { _ in nil }),
        UninstallKind(IdentityBoundary.self, deletionPolicy: { _ in nil }),
    ]

    /// Reads; of a kind that is not served there is nothing to read.
    static func ifServed(_ read: () async throws -> Void) async throws {
        do {
            try await read()
        } catch let error as KubernetesError where error.code == .notServed {}
    }
}
