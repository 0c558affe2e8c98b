import FoundationEssentials
public import KubernetesModel

extension KubernetesAPI {
    /// Creates an object.
    ///
    /// - Returns: the object as it is stored now.
    /// - Throws: `KubernetesError` (`alreadyExists` when the name is taken), `CancellationError`.
    public func create<R: KubernetesResource>(_ object: R) async throws -> R {
        try Answer.decode(
            await send(
                APIRequest(
                    .post, R.descriptor.collectionPath(object.metadata.namespace), contentType: MediaType.json,
                    body: JSON.encode(TypedBody(object: object)))))
    }

    /// Creates an object of which nothing needs to be known afterwards: what the server makes of it is not read.
    ///
    /// - Throws: `KubernetesError` (`alreadyExists`), `CancellationError`.
    public func add<R: KubernetesResource>(_ object: R) async throws {
        _ = try await send(
            APIRequest(
                .post, R.descriptor.collectionPath(object.metadata.namespace), contentType: MediaType.json,
                accept: MediaType.metadata, body: JSON.encode(TypedBody(object: object))))
    }

    /// Deletes an object if it is still the one that is meant; an absent object is no error.
    ///
    /// - Parameters:
    ///   - uid: refuses to delete a namesake that was created later; nil deletes whatever has the name.
    ///   - resourceVersion: refuses to delete an object that changed since.
    /// - Throws: `KubernetesError` (`conflict` when a precondition fails), `CancellationError`.
    public func delete<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, uid: String?, resourceVersion: ResourceVersion? = nil
    ) async throws {
        var options: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        var preconditions: [String: JSONValue] = [:]
        if let uid { preconditions["uid"] = .string(uid) }
        if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion.text) }
        if !preconditions.isEmpty { options["preconditions"] = .object(preconditions) }
        do {
            _ = try await send(
                APIRequest(
                    .delete, R.descriptor.objectPath(key), contentType: MediaType.json, body: JSON.encode(options)))
        } catch let error as KubernetesError where error.saysNotFound(key.name) {
            return
        }
    }

    /// Applies a JSON patch (RFC 6902) to the main resource.
    ///
    /// - Returns: the object as it is stored now.
    /// - Throws: `KubernetesError` (`notFound`; `invalid` when a `test` fails), `CancellationError`.
    public func patch<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, _ patch: JSONPatch
    ) async throws -> R {
        try Answer.decode(
            await send(
                APIRequest(
                    .patch, R.descriptor.objectPath(key), contentType: MediaType.jsonPatch, body: JSON.encode(patch))))
    }

    /// Applies a JSON merge patch (RFC 7386): members are merged, null removes, arrays are replaced whole.
    ///
    /// - Parameter patch: put `metadata.resourceVersion` into it for an optimistic lock, `metadata.uid` against namesakes.
    /// - Returns: the object as it is stored now.
    /// - Throws: `KubernetesError` (`notFound`, `conflict`), `CancellationError`.
    public func mergePatch<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, _ patch: JSONValue, subresource: String? = nil
    ) async throws -> R {
        try Answer.decode(
            await send(
                APIRequest(
                    .patch, R.descriptor.objectPath(key, subresource: subresource),
                    contentType: MediaType.mergePatch, body: JSON.encode(patch))))
    }

    /// Replaces an object whole, under an optimistic lock. Only for kinds that this process alone writes: fields that the
    /// Swift type does not know are lost.
    ///
    /// - Returns: the object as it is stored now.
    /// - Throws: `KubernetesError` (`notFound`, `conflict`; `badRequest` without resource version), `CancellationError`.
    public func replace<R: KubernetesResource>(_ object: R) async throws -> R {
        guard object.metadata.resourceVersion?.text.isEmpty == false else {
            throw KubernetesError(.badRequest, "a \(R.descriptor.kind) is not replaced without its resource version")
        }
        guard object.metadata.leftOut.isEmpty else {
            throw KubernetesError(.badRequest, "a \(R.descriptor.kind) is not replaced by a part of it")
        }
        return try Answer.decode(
            await send(
                APIRequest(
                    .put, R.descriptor.objectPath(object.key), contentType: MediaType.json,
                    body: JSON.encode(TypedBody(object: object)))))
    }

    /// Applies a status with server-side apply on `/status`, by force, onto the object with this uid.
    ///
    /// What `fieldManager` applied earlier and leaves out now is removed, so `status` is always the complete owned set.
    ///
    /// - Parameter resourceVersion: the version that the status was made for. Without it a namesake's status is written
    ///   over before its uid is seen: for custom resources the server does not look at the uid.
    /// - Returns: the object as it is stored now; nil when it is gone.
    /// - Throws: `KubernetesError` (`conflict` when the object has changed, or the name belongs to another object by now: its next pass writes its own
    ///   status), `CancellationError`.
    public func applyStatus<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, uid: String, resourceVersion: ResourceVersion? = nil, status: JSONValue,
        fieldManager: String
    ) async throws -> R? {
        var metadata: JSONValue = ["name": .string(key.name), "uid": .string(uid)]
        if let resourceVersion { metadata["resourceVersion"] = .string(resourceVersion.text) }
        if R.descriptor.isNamespaced, let namespace = key.namespace { metadata["namespace"] = .string(namespace) }
        let body: JSONValue = [
            "apiVersion": .string(R.descriptor.apiVersion), "kind": .string(R.descriptor.kind),
            "metadata": metadata, "status": status,
        ]
        let answer: Data
        do {
            answer = try await send(
                APIRequest(
                    .patch, R.descriptor.objectPath(key, subresource: "status"),
                    query: [.init("fieldManager", fieldManager), .init("force", "true")],
                    contentType: MediaType.apply, body: JSON.encode(body)))
        } catch let error as KubernetesError where error.saysNotFound(key.name) {
            return nil
        }
        let stored: R = try Answer.decode(answer)
        // For custom resources the server takes over nothing but the status before it looks at identities, so a
        // namesake is recognized only here.
        try ensure(stored.metadata, of: R.descriptor, has: uid)
        return stored
    }

    /// Changes the status of exactly this version of an object, by a merge patch on `/status`, which costs an API server less than
    /// an apply. Members that neither the stored nor the wanted status has stay as they are; arrays, conditions among them, are
    /// replaced whole, so that what others have in them has to be in the wanted ones.
    ///
    /// - Parameters:
    ///   - stored: the status that this version has, as far as it is known; an empty object where it has none.
    ///   - status: all that it should have.
    /// - Returns: the metadata of the object as it is stored now; nil when it is gone.
    /// - Throws: `KubernetesError` (`conflict` when the object has changed, or the name belongs to another object by now),
    ///   `CancellationError`.
    public func patchStatus<R: KubernetesResource>(
        _ type: R.Type, _ key: ObjectKey, uid: String, over resourceVersion: ResourceVersion, from stored: JSONValue,
        to status: JSONValue
    ) async throws -> ObjectMeta? {
        let body: JSONValue = [
            "metadata": ["resourceVersion": .string(resourceVersion.text)],
            "status": .mergePatch(from: stored, to: status),
        ]
        let answer: Data
        do {
            answer = try await send(
                APIRequest(
                    .patch, R.descriptor.objectPath(key, subresource: "status"), contentType: MediaType.mergePatch,
                    accept: MediaType.metadata, body: JSON.encode(body)))
        } catch let error as KubernetesError where error.saysNotFound(key.name) {
            return nil
        }
        let written: PartialObjectMetadata<KindName<R>> = try Answer.decode(answer)
        // A version is no other object's, so that this is never met; an answer that is about another one is not believed.
        try ensure(written.metadata, of: R.descriptor, has: uid)
        return written.metadata
    }

    private func ensure(_ stored: ObjectMeta, of kind: ResourceDescriptor, has uid: String) throws(KubernetesError) {
        guard stored.uid == uid else {
            throw KubernetesError(.conflict, "\(kind.qualifiedName) \"\(stored.key)\" has another uid by now")
        }
    }
}

/// The kind of a resource, to read nothing but metadata.
private enum KindName<R: KubernetesResource>: ResourceKind {
    static var descriptor: ResourceDescriptor { R.descriptor }
}
