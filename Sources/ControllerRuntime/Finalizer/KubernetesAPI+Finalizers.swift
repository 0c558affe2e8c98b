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
