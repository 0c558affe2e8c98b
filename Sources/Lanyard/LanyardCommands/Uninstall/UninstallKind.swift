import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore

/// A kind for whose objects something is made in SPIRE or Vault, as an uninstallation sees it.
protocol CleanedUpKind: ConditionedResource {
    /// What becomes of that when the object is deleted; nil when nothing says so.
    var deletionPolicy: DeletionPolicy? { get }
    /// Whether data goes with it.
    static var isDestructive: Bool { get }
}

extension CleanedUpKind {
    static var isDestructive: Bool { false }
}

extension VaultRoleBinding: CleanedUpKind {
    var deletionPolicy: DeletionPolicy? { spec.deletionPolicy }
}

extension WorkloadIdentity: CleanedUpKind {
    var deletionPolicy: DeletionPolicy? { spec.deletionPolicy }
}

extension VaultMount: CleanedUpKind {
    /// Without a policy a mount stays, with all that is in it.
    var deletionPolicy: DeletionPolicy? { spec.deletionPolicy ?? .orphan }
    static var isDestructive: Bool { true }
}

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

    private init<Object: ConditionedResource>(_ type: Object.Type) {
        typealias Partial = PartialObjectMetadata<Metadata<Object>>
        let isDestructive = (type as? any CleanedUpKind.Type)?.isDestructive == true
        name = Object.descriptor.kind
        list = { api in
            var policies: [ObjectKey: DeletionPolicy] = [:]
            var resources: [UninstallPlan.Resource] = []
            try await Self.ifServed {
                try await api.listAllDecodable(type) { object in
                    guard case .object(let object) = object else { return }
                    policies[object.key] = (object as? any CleanedUpKind)?.deletionPolicy
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

    /// All kinds that people write.
    static let all: [UninstallKind] = LanyardKind.declared.compactMap { kind -> UninstallKind? in
        guard let type = kind.type as? any ConditionedResource.Type else { return nil }
        return UninstallKind(type)
    }

    /// Reads; of a kind that is not served there is nothing to read.
    static func ifServed(_ read: () async throws -> Void) async throws {
        do {
            try await read()
        } catch let error as KubernetesError where error.code == .notServed {}
    }
}
