import KubernetesModel
import Testing

/// A request of a sequence that is sent to both servers. Paths begin with `kubernetes`, `jwt`, `database` or `policy`,
/// which stand for the mounts and names of the run.
struct RecordedRequest: CustomTestStringConvertible, Sendable {
    /// What is asked.
    enum Method: String, Sendable {
        case read, write, delete
    }

    let method: Method
    let collection: String
    let name: String
    let body: JSONValue

    init(_ method: Method, _ collection: String, _ name: String, _ body: JSONValue = [:]) {
        self.method = method
        self.collection = collection
        self.name = name
        self.body = body
    }

    var testDescription: String { "\(method) \(collection) \(name) \(body)" }
}
