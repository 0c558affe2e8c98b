import FoundationEssentials
import KubernetesModel
import Synchronization

/// A page of a list that is read object by object as it arrives: what it holds of the text is no more than one object.
final class ListBody<Element: Equatable & Sendable>: AnswerBody {
    private struct State {
        var splitter = ListSplitter()
        var items: [Element] = []
    }

    private let state = Mutex(State())
    private let read: @Sendable (Data) throws -> Element

    /// Begins a page.
    ///
    /// - Parameter read: makes something of the text of an object.
    init(reading read: @escaping @Sendable (Data) throws -> Element) {
        self.read = read
    }

    func begin() {
        state.withLock { $0 = State() }
    }

    func take(_ chunk: Data) throws {
        do {
            try state.withLock { state in
                for text in try state.splitter.take(chunk) { state.items.append(try read(text)) }
            }
        } catch {
            throw Self.malformed
        }
    }

    /// The page, when all of it has arrived.
    ///
    /// - Throws: `KubernetesError.malformedAnswer`; the text is never quoted, it may be secret.
    func page() throws -> ObjectList<Element> {
        do {
            return try state.withLock { state in
                let metadata = try state.splitter.finish()
                return ObjectList(metadata: metadata, items: state.items)
            }
        } catch {
            throw Self.malformed
        }
    }

    private static var malformed: KubernetesError {
        KubernetesError(.malformedAnswer, "the answer is not a list of \(Element.self)")
    }
}

/// Reading of 2xx bodies.
enum Answer {
    /// Reads the object that an answer is.
    ///
    /// - Throws: `KubernetesError.malformedAnswer`; the body is never quoted, it may be secret.
    static func decode<Value: KubernetesResource>(
        _ body: Data, as projection: ObjectProjection = Value.projection
    ) throws -> Value {
        do {
            return try Value(reading: body, as: projection)
        } catch {
            throw KubernetesError(.malformedAnswer, "the answer is not a \(Value.self)")
        }
    }
}

extension KubernetesError {
    /// Whether the server itself says that the object of this name does not exist.
    func saysNotFound(_ name: String) -> Bool {
        code == .notFound && status?.reason == "NotFound" && status?.details?.name == name
    }
}

/// A typed object together with its `apiVersion` and `kind`, which Swift types leave to their descriptor.
struct TypedBody<Resource: KubernetesResource>: Encodable {
    let object: Resource

    private enum CodingKeys: String, CodingKey {
        case apiVersion
        case kind
    }

    func encode(to encoder: any Encoder) throws {
        // The second container adds to the members that the object has written.
        try object.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Resource.descriptor.apiVersion, forKey: .apiVersion)
        try container.encode(Resource.descriptor.kind, forKey: .kind)
    }
}
