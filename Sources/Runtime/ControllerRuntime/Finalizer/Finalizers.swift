public import KubernetesClient
public import KubernetesModel

extension KubernetesAPI {
    /// Stores a finalizer, so that the object cannot vanish before its clean-up. Do external work only after this
    /// returned: the object that comes back is the proof.
    ///
    /// - Returns: the object as it is stored now; the object unchanged when it has the finalizer already, or when it is
    ///   being deleted (the server refuses new finalizers then, and there is nothing to protect any more).
    /// - Throws: `KubernetesError` (`invalid` or `conflict` when somebody changed the object meanwhile: try again with
    ///   the newer one; `notFound`), `CancellationError`.
    public func addFinalizer<R: KubernetesResource>(_ name: String, to object: R) async throws -> R {
        guard let patch = try FinalizerPatch.adding(name, to: object.metadata) else { return object }
        return try await self.patch(R.self, object.key, patch)
    }

    /// Removes a finalizer after the clean-up. An object without it, or no object, is success.
    ///
    /// - Throws: `KubernetesError` (`invalid` or `conflict` when the list of finalizers changed meanwhile: try again with
    ///   the newer object), `CancellationError`.
    public func removeFinalizer<R: KubernetesResource>(_ name: String, from object: R) async throws {
        guard let patch = try FinalizerPatch.removing(name, from: object.metadata) else { return }
        do {
            let _: R = try await self.patch(R.self, object.key, patch)
        } catch let error as KubernetesError where error.code == .notFound {
            return
        }
    }
}

/// The JSON patches of finalizers. Each states what it relies on, so that a stale view changes nothing.
enum FinalizerPatch {
    /// Appends a finalizer to exactly this version of the object; nil when there is nothing to do.
    ///
    /// - Throws: `KubernetesError.badRequest` for an object that was never stored, or whose finalizers are not known.
    static func adding(_ name: String, to metadata: ObjectMeta) throws -> JSONPatch? {
        let present = metadata.finalizers ?? []
        guard !metadata.isBeingDeleted, !present.contains(name) else { return nil }
        // It might be there already, and the others must not go.
        if metadata.leftOut.contains(.finalizers) {
            throw KubernetesError(.badRequest, "an object with that many finalizers gets no further one")
        }
        guard let version = metadata.resourceVersion else {
            throw KubernetesError(.badRequest, "an object without resource version gets no finalizer")
        }
        let path = JSONPatch.pointer("metadata", "finalizers")
        return JSONPatch([
            .test(path: JSONPatch.pointer("metadata", "resourceVersion"), value: .string(version.text)),
            present.isEmpty
                ? .add(path: path, value: [.string(name)]) : .add(path: path + "/-", value: .string(name)),
        ])
    }

    /// Removes the finalizer at its index, if it is still there in this object; nil when there is nothing to do. A merge
    /// patch of the whole list would bring back what others removed.
    ///
    /// - Throws: `KubernetesError.badRequest` for an object that was never stored.
    static func removing(_ name: String, from metadata: ObjectMeta) throws -> JSONPatch? {
        guard let index = metadata.finalizers?.firstIndex(of: name) else { return nil }
        guard let uid = metadata.uid else {
            throw KubernetesError(.badRequest, "an object without uid has no finalizer to remove")
        }
        let path = JSONPatch.pointer("metadata", "finalizers", "\(index)")
        return JSONPatch([
            .test(path: JSONPatch.pointer("metadata", "uid"), value: .string(uid)),
            .test(path: path, value: .string(name)),
            .remove(path: path),
        ])
    }
}
