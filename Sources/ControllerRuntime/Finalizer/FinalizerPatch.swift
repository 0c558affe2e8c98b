import KubernetesClient
import KubernetesModel

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
