import KubernetesClient
import KubernetesModel

extension ServerState {
    /// POST.
    mutating func create(
        _ target: RequestTarget, _ body: [String: JSONValue], uid: String, now: String
    ) throws -> StoredObject {
        let descriptor = target.descriptor
        try Self.checkKind(body, descriptor)
        var metadata = body["metadata"]?.object ?? [:]
        if let prefix = metadata["generateName"]?.string, metadata["name"] == nil {
            metadata["name"] = .string(prefix + uid.suffix(5))
        }
        guard let name = metadata["name"]?.string, !name.isEmpty, !name.contains("/") else {
            throw ServerFailure.invalid("\(descriptor.kind) is invalid: metadata.name: Required value")
        }
        guard descriptor.isNamespaced == (target.namespace != nil) else { throw ServerFailure.methodNotAllowed }
        if let namespace = metadata["namespace"]?.string, namespace != target.namespace {
            throw ServerFailure.badRequest("the namespace of the object does not match the namespace of the request")
        }
        guard metadata["resourceVersion"]?.string?.isEmpty != false else {
            throw ServerFailure.badRequest("resourceVersion should not be set on objects to be created")
        }
        let key = ObjectKey(namespace: target.namespace, name: name)
        guard tables[target.table].objects[key] == nil else { throw ServerFailure.alreadyExists(descriptor, name) }
        metadata["namespace"] = target.namespace.map(JSONValue.string)
        metadata["uid"] = .string(uid)
        metadata["creationTimestamp"] = .string(now)
        metadata["generation"] = 1
        metadata["deletionTimestamp"] = nil
        var tree = body
        tree["metadata"] = .object(Self.canonical(metadata))
        tree["status"] = nil
        return try commit(tree, applied: [:], over: nil, key: key, in: target.table)
    }

    /// PUT, on the object or its status.
    mutating func replace(
        _ target: RequestTarget, _ key: ObjectKey, _ body: [String: JSONValue]
    ) throws -> StoredObject {
        let metadata = body["metadata"]?.object ?? [:]
        if tables[target.table].objects[key] == nil, metadata["uid"] != nil {
            throw ServerFailure.conflict(target.descriptor, key.name, "Precondition failed: UID in precondition")
        }
        let stored = try read(target, key)
        try Self.checkKind(body, target.descriptor)
        guard metadata["resourceVersion"]?.string?.isEmpty == false else {
            throw ServerFailure.invalid("metadata.resourceVersion: Invalid value: must be specified for an update")
        }
        if let uid = metadata["uid"]?.string, uid != stored.uid {
            throw ServerFailure.conflict(target.descriptor, key.name, "Precondition failed: UID in precondition")
        }
        return try update(target, stored, to: body, applied: stored.applied)
    }

    /// PATCH with a JSON patch or a merge patch, on the object or its status.
    mutating func patch(
        _ target: RequestTarget, _ key: ObjectKey, _ change: (JSONValue) throws -> JSONValue
    ) throws -> StoredObject {
        let stored = try read(target, key)
        guard case .object(let wanted) = try change(.object(stored.tree)) else {
            throw ServerFailure.badRequest("the patch does not leave an object")
        }
        // A subresource write takes nothing but the status, so the identity in its body is not looked at.
        if !target.isStatus, let uid = wanted["metadata"]?["uid"]?.string, uid != stored.uid {
            throw ServerFailure.invalid("metadata.uid: Invalid value: field is immutable")
        }
        return try update(target, stored, to: wanted, applied: stored.applied)
    }

    /// Server-side apply on `/status`.
    mutating func apply(
        _ target: RequestTarget, _ key: ObjectKey, _ body: [String: JSONValue], manager: String
    ) throws -> StoredObject {
        guard target.isStatus else { throw ServerFailure.badRequest("only the status is applied") }
        try Self.checkKind(body, target.descriptor)
        let metadata = body["metadata"]?.object ?? [:]
        // Like a real server, this does not look at the uid: a custom resource's status replaces the stored one, and all
        // other fields of the body are dropped before they are validated.
        let stored = try read(target, key)
        var applied = stored.applied
        let status = applied[manager, default: AppliedStatus()]
            .apply(body["status"]?.object ?? [:], to: stored.tree["status"]?.object ?? [:])
        var wanted = stored.tree
        wanted["metadata"]?["resourceVersion"] = metadata["resourceVersion"]
        wanted["status"] = .object(status)
        return try update(target, stored, to: wanted, applied: applied)
    }

    /// DELETE: at once without finalizers, else by marking the object.
    mutating func delete(
        _ target: RequestTarget, _ key: ObjectKey, options: [String: JSONValue], now: String
    ) throws {
        let stored = try read(target, key)
        let preconditions = options["preconditions"]?.object ?? [:]
        if let uid = preconditions["uid"]?.string, uid != stored.uid {
            throw ServerFailure.conflict(target.descriptor, key.name, "the UID in the precondition does not match")
        }
        if let version = preconditions["resourceVersion"]?.string, version != stored.resourceVersion {
            throw ServerFailure.conflict(
                target.descriptor, key.name, "the ResourceVersion in the precondition does not match")
        }
        if stored.finalizers.isEmpty { return try remove(stored, in: target.table) }
        if stored.isBeingDeleted { return }
        var tree = stored.tree
        var metadata = stored.metadata
        metadata["deletionTimestamp"] = .string(now)
        metadata["deletionGracePeriodSeconds"] = 0
        metadata["generation"] = .integer((metadata["generation"]?.integer ?? 0) + 1)
        tree["metadata"] = .object(metadata)
        _ = try commit(tree, applied: stored.applied, over: stored, key: key, in: target.table)
    }

    /// Takes over what the request may change, and refuses what no request may.
    private mutating func update(
        _ target: RequestTarget, _ stored: StoredObject, to wanted: [String: JSONValue],
        applied: [String: AppliedStatus]
    ) throws -> StoredObject {
        let wantedMetadata = wanted["metadata"]?.object ?? [:]
        if let version = wantedMetadata["resourceVersion"]?.string, !version.isEmpty,
            version != stored.resourceVersion
        {
            throw ServerFailure.conflict(
                target.descriptor, stored.key.name,
                "the object has been modified; please apply your changes to the latest version and try again")
        }
        var tree: [String: JSONValue]
        if target.isStatus {
            tree = stored.tree
            tree["status"] = wanted["status"]
        } else {
            tree = wanted
            tree["status"] = stored.tree["status"]
            try Self.checkNames(wantedMetadata, stored, target.descriptor)
            var metadata = Self.canonical(wantedMetadata)
            for field in Self.serverFields { metadata[field] = stored.metadata[field] }
            if Self.specification(tree) != Self.specification(stored.tree) {
                metadata["generation"] = .integer((metadata["generation"]?.integer ?? 0) + 1)
            }
            tree["metadata"] = .object(metadata)
        }
        return try commit(tree, applied: applied, over: stored, key: stored.key, in: target.table)
    }

    /// Metadata that only the server writes.
    private static let serverFields = [
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]

    private static func checkNames(
        _ metadata: [String: JSONValue], _ stored: StoredObject, _ descriptor: ResourceDescriptor
    ) throws {
        guard metadata["name"]?.string == stored.key.name else {
            throw ServerFailure.badRequest("the name of the object does not match the name on the URL")
        }
        guard stored.isBeingDeleted else { return }
        let finalizers = metadata["finalizers"]?.array ?? []
        guard finalizers.allSatisfy(stored.finalizers.contains) else {
            throw ServerFailure.invalid(
                "\(descriptor.kind) is invalid: metadata.finalizers: Forbidden: "
                    + "no new finalizers can be added if the object is being deleted")
        }
    }

    private static func checkKind(_ body: [String: JSONValue], _ descriptor: ResourceDescriptor) throws {
        guard body["apiVersion"]?.string == descriptor.apiVersion, body["kind"]?.string == descriptor.kind else {
            throw ServerFailure.badRequest("the body is no \(descriptor.kind) of \(descriptor.apiVersion)")
        }
    }

    /// Metadata as the server writes it: nothing that is empty, no field ownership.
    private static func canonical(_ metadata: [String: JSONValue]) -> [String: JSONValue] {
        metadata.filter { name, value in
            name != "managedFields" && value != .null && value != .array([]) && value != .object([:])
        }
    }

    /// Everything whose change is a new generation.
    private static func specification(_ tree: [String: JSONValue]) -> [String: JSONValue] {
        tree.filter { $0.key != "metadata" && $0.key != "status" }
    }
}
