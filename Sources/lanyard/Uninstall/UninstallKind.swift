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

    private init<Object: KubernetesResource>(
        _ type: Object.Type, deletionPolicy: @escaping @Sendable (Object) -> DeletionPolicy?,
        isDestructive: Bool = false, conditions: @escaping @Sendable (Object) -> [Condition]?
    ) {
        typealias Partial = PartialObjectMetadata<Metadata<Object>>
        name = Object.descriptor.kind
        list = { api in
            var policies: [ObjectKey: DeletionPolicy] = [:]
            for object in try await Self.pages({ try await api.listDecodable(type, limit: 500, continue: $0) }) {
                if case .object(let object) = object { policies[object.key] = deletionPolicy(object) }
            }
            let all = try await Self.pages { try await api.list(Partial.self, limit: 500, continue: $0) }
            return all.map { object in
                UninstallPlan.Resource(
                    kind: Object.descriptor.kind, key: object.key,
                    isHeld: object.metadata.finalizers?.contains(LanyardGroup.cleanupFinalizer) == true,
                    isPaused: object.metadata.annotations?[LanyardGroup.pausedAnnotation] == "true",
                    isOrphaning: policies[object.key] == .orphan,
                    isDestructive: isDestructive && policies[object.key] == .delete)
            }.sorted { $0.key < $1.key }
        }
        delete = { api, key in try await api.delete(Partial.self, key, uid: nil) }
        release = { api, key in
            guard let object = try await api.get(Partial.self, key) else { return }
            try await api.removeFinalizer(LanyardGroup.cleanupFinalizer, from: object)
        }
        obstacle = { api, key in
            let ready = try await api.get(type, key).flatMap(conditions)?.condition(ConditionType.ready)
            return ready.flatMap { $0.status == .yes ? nil : "\($0.reason): \($0.message)" }
        }
    }

    /// All kinds that authors write, in the order in which they are deleted.
    static let all: [UninstallKind] = [
        UninstallKind(
            VaultRoleBinding.self, deletionPolicy: \.spec.deletionPolicy, conditions: \.status?.conditions),
        UninstallKind(
            WorkloadIdentity.self, deletionPolicy: \.spec.deletionPolicy, conditions: \.status?.conditions),
        // Without a policy a mount stays, with all that is in it.
        UninstallKind(
            VaultMount.self, deletionPolicy: { $0.spec.deletionPolicy ?? .orphan }, isDestructive: true,
            conditions: \.status?.conditions),
        UninstallKind(DatabaseRoleTemplate.self, deletionPolicy: { _ in nil }, conditions: \.status?.conditions),
        UninstallKind(IdentityBoundary.self, deletionPolicy: { _ in nil }, conditions: \.status?.conditions),
    ]

    /// All pages of a list; none where the kind is not served.
    static func pages<Item: Equatable & Sendable>(
        _ page: (_ token: String?) async throws -> ObjectList<Item>
    ) async throws -> [Item] {
        var items: [Item] = []
        var token: String?
        do {
            repeat {
                let list = try await page(token)
                items += list.items
                token = list.metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
            } while token != nil
        } catch let error as KubernetesError where error.code == .notServed || error.code == .notFound {
            return []
        }
        return items
    }
}
