import FoundationEssentials
import KubernetesClient
import KubernetesModel

/// Everything an API server holds, as a value: reads and writes are pure functions of it.
struct ServerState {
    /// The version of the last write. Starts just below a change in the number of digits.
    private(set) var version: UInt64 = 90
    private(set) var tables: [ResourceTable]
    private let historyLimit: Int

    /// Starts empty.
    init(descriptors: [ResourceDescriptor], historyLimit: Int) {
        tables = descriptors.map(ResourceTable.init(descriptor:))
        self.historyLimit = max(historyLimit, 1)
    }

    /// One object.
    func read(_ target: RequestTarget, _ key: ObjectKey) throws -> StoredObject {
        guard let object = tables[target.table].objects[key] else {
            throw ServerFailure.notFound(target.descriptor, key.name)
        }
        return object
    }

    /// One page of a list.
    func list(_ target: RequestTarget, query: [String: String]) throws -> Data {
        let table = tables[target.table]
        var listVersion = version
        if let wanted = query["resourceVersion"], !wanted.isEmpty, let number = UInt64(wanted), number > version {
            throw ServerFailure.resourceVersionTooLarge(number, current: version)
        }
        var objects = try table.sorted(ObjectSelector(namespace: target.namespace, query: query))
        if let token = query["continue"], !token.isEmpty {
            let page = try PageToken(token)
            guard page.version >= table.compactedVersion else { throw ServerFailure.expired }
            listVersion = page.version
            objects = objects.filter { $0.key > page.lastKey }
        }
        var next: PageToken?
        // A server answers whole from its cache when a version is asked for.
        if let limit = query["limit"].flatMap(Int.init), limit > 0, query["resourceVersion"] == nil,
            objects.count > limit
        {
            objects = Array(objects.prefix(limit))
            next = objects.last.map { PageToken(version: listVersion, lastKey: $0.key) }
        }
        return Self.body(target.descriptor, objects, version: listVersion, next: next)
    }

    private static func body(
        _ descriptor: ResourceDescriptor, _ objects: [StoredObject], version: UInt64, next: PageToken?
    ) -> Data {
        var body = Data()
        body.reserveCapacity(objects.reduce(256) { $0 + $1.bytes.count + 1 })
        body.append(contentsOf: #"{"apiVersion":"\#(descriptor.apiVersion)","kind":"\#(descriptor.kind)List","#.utf8)
        let token = next.map { #","continue":"\#($0.text)""# } ?? ""
        body.append(contentsOf: #""metadata":{"resourceVersion":"\#(version)"\#(token)},"items":["#.utf8)
        for (index, object) in objects.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(object.bytes)
        }
        body.append(contentsOf: "]}".utf8)
        return body
    }

    /// Stores a new state of an object under the next version; what is equal to the stored state costs no version.
    mutating func commit(
        _ tree: [String: JSONValue], applied: [String: AppliedStatus], over stored: StoredObject?, key: ObjectKey,
        in table: Int
    ) throws -> StoredObject {
        if let stored, stored.tree == tree, stored.applied == applied { return stored }
        let object = try StoredObject(key: key, tree: stamped(tree), applied: applied)
        version += 1
        if object.isBeingDeleted, object.finalizers.isEmpty {
            tables[table].remove(object, at: version, keeping: historyLimit)
        } else {
            tables[table].store(object, at: version, keeping: historyLimit)
        }
        return object
    }

    /// Removes an object under the next version.
    mutating func remove(_ stored: StoredObject, in table: Int) throws {
        let last = try StoredObject(key: stored.key, tree: stamped(stored.tree), applied: stored.applied)
        version += 1
        tables[table].remove(last, at: version, keeping: historyLimit)
    }

    /// Writes a bookmark into the history of every kind.
    mutating func bookmark() {
        for index in tables.indices { tables[index].bookmark(at: version, keeping: historyLimit) }
    }

    /// Forgets all history so far.
    mutating func compact() {
        for index in tables.indices { tables[index].compact(upTo: version) }
    }

    private func stamped(_ tree: [String: JSONValue]) -> [String: JSONValue] {
        var tree = tree
        var metadata = tree["metadata"]?.object ?? [:]
        metadata["resourceVersion"] = .string(String(version + 1))
        tree["metadata"] = .object(metadata)
        return tree
    }
}
