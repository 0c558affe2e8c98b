import FoundationEssentials
import KubernetesClient
import KubernetesModel
import Synchronization

/// In place of an API server: creates objects of one kind as soon as somebody watches it, takes finalizers, statuses, records and
/// events, and sends what was written back in its watches. It checks nothing and does next to nothing, so that what is counted is
/// the operator's own part.
final class StandInServer: KubernetesAPI {
    private typealias Watch = AsyncThrowingStream<Data, any Error>

    private let state: Mutex<State>

    /// - Parameters:
    ///   - objects: of one kind.
    ///   - count: how many of them are created; the others never are.
    /// - Throws: `EncodingError` never in practice.
    init<Object: KubernetesResource>(_ objects: [Object], creating count: Int) throws {
        var state = State(plural: Object.descriptor.plural)
        for object in objects {
            let path = Object.descriptor.path(namespace: object.metadata.namespace, name: object.metadata.name)
            state.objects[path] = try ServedObject(object)
            if state.expected.count < count { state.expected.append(path) }
        }
        self.state = Mutex(state)
    }

    func send(_ request: APIRequest) async throws -> Data {
        try state.withLock { try $0.answer(request) }
    }

    /// A streaming list of nothing, and what happens from then on.
    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        let (lines, watch) = Watch.makeStream()
        state.withLock { $0.open(watch, of: State.plural(of: request.path)) }
        return lines
    }

    private struct State {
        let plural: String
        var version = 1
        var objects: [String: ServedObject] = [:]
        /// The paths of those that are created.
        var expected: [String] = []
        var watches: [String: Watch.Continuation] = [:]

        init(plural: String) { self.plural = plural }

        static func plural(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

        mutating func open(_ watch: Watch.Continuation, of plural: String) {
            watches[plural] = watch
            let bookmark =
                #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(version)","#
                + #""annotations":{"k8s.io/initial-events-end":"true"}}}}"#
            watch.yield(Data(bookmark.utf8))
            guard plural == self.plural else { return }
            for path in expected {
                if let object = objects[path] { store(object, at: path, as: "ADDED") }
            }
        }

        mutating func answer(_ request: APIRequest) throws -> Data {
            let (path, body) = (request.path, request.body ?? Data())
            switch request.method {
            case .get:
                if let object = objects[path] { return object.whole }
                return Data(#"{"metadata":{"resourceVersion":"\#(version)"},"items":[]}"#.utf8)
            case .post where path.hasSuffix("/events"):
                return body
            case .post:
                guard let object = ServedObject(posted: body, plural: Self.plural(of: path)) else { break }
                return store(object, at: "\(path)/\(object.name)", as: "ADDED").whole
            case .put:
                return try change(path) { $0.setSpec(of: body) }.whole
            case .patch where path.hasSuffix("/status"):
                return try change(String(path.dropLast("/status".count))) { $0.setStatus(of: body) }.metadata
            case .patch:
                return try change(path) { $0.hold() }.whole
            case .delete:
                break
            }
            throw KubernetesError(.badRequest, "the stand-in knows no \(request.method.rawValue) of \(path)")
        }

        private mutating func change(
            _ path: String, _ change: (inout ServedObject) -> Void
        ) throws -> ServedObject {
            guard var object = objects[path] else { throw KubernetesError(.badRequest, "there is no \(path)") }
            change(&object)
            return store(object, at: path, as: "MODIFIED")
        }

        @discardableResult
        private mutating func store(_ object: ServedObject, at path: String, as event: String) -> ServedObject {
            version += 1
            var object = object
            object.version = version
            objects[path] = object
            watches[object.plural]?.yield(
                Data(#"{"type":"\#(event)","object":"#.utf8) + object.whole + Data("}".utf8))
            return object
        }
    }
}
