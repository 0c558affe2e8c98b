import KubernetesModel

/// The initial events of a streaming list, set aside until all have arrived.
struct StreamedList<Object: KubernetesResource>: Sendable {
    private var elements: [ObjectKey: DecodedObject<Object>] = [:]

    /// What is there, in no order.
    var all: [DecodedObject<Object>] { Array(elements.values) }

    /// Takes an event. Objects may change and go while the others are still being sent.
    mutating func take(_ event: WatchEvent<Object>) {
        switch event {
        case .added(let object), .modified(let object): elements[object.key] = .object(object)
        case .undecodable(let object): elements[object.key] = .undecodable(object)
        case .deleted(let object): elements[object.key] = nil
        case .deletedUndecodable(let key, _): elements[key] = nil
        case .bookmark, .error: break
        }
    }
}
