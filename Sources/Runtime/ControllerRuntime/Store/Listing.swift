import KubernetesModel

/// What a list has brought, set aside until it is whole. Objects are in the boxes in which a store keeps them: at a start there are
/// many, and each copy would be memory that the process never gives back.
struct Listing<Object: KubernetesResource>: Sendable {
    private(set) var objects: [ObjectKey: StoreState<Object>.Box] = [:]
    private(set) var undecodable: [ObjectKey: UndecodableObject] = [:]

    /// The names of all that is there, decodable or not.
    var keys: Set<ObjectKey> { Set(objects.keys).union(undecodable.keys) }

    /// Takes what was listed; of two of one name the later one counts.
    mutating func take(_ object: DecodedObject<Object>) {
        switch object {
        case .object(let object): take(object)
        case .undecodable(let object): take(undecodable: object)
        }
    }

    /// Takes an event of a streaming list. Objects may change and go while the others are still being sent.
    mutating func take(_ event: WatchEvent<Object>) {
        switch event {
        case .added(let object), .modified(let object): take(object)
        case .undecodable(let object): take(undecodable: object)
        case .deleted(let object): remove(object.key)
        case .deletedUndecodable(let key, _): remove(key)
        case .bookmark, .error: break
        }
    }

    /// Takes an object that fits its type.
    mutating func take(_ object: Object) {
        objects[object.key] = .init(object)
        undecodable[object.key] = nil
    }

    /// Takes one that does not.
    mutating func take(undecodable object: UndecodableObject) {
        undecodable[object.key] = object
        objects[object.key] = nil
    }

    private mutating func remove(_ key: ObjectKey) {
        objects[key] = nil
        undecodable[key] = nil
    }
}
