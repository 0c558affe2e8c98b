import FoundationEssentials
import KubernetesClient
import KubernetesModel

/// An API server that holds nothing: it makes the identities as they are asked for, so that what a process holds is the
/// operator's part alone. Its objects never change.
struct GeneratedServer: KubernetesAPI {
    let count: Int

    /// A list, all in one answer, as a server's cache gives it.
    func send(_ request: APIRequest) async throws -> Data {
        var body = Data(#"{"metadata":{"resourceVersion":"\#(count + 1)"},"items":["#.utf8)
        for index in 0..<count {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(try Workload.line(index))
        }
        body.append(Data("]}".utf8))
        return body
    }

    /// A stream that begins with all objects, if it is asked for them, and then is silent.
    func openWatch(_ request: APIRequest) async throws -> any AsyncSequence<Data, any Error> & Sendable {
        let isList = request.query.contains { $0.name == "sendInitialEvents" }
        return Lines(count: isList ? count : 0, endsInitialEvents: isList)
    }

    private struct Lines: AsyncSequence, Sendable {
        typealias Element = Data
        typealias Failure = any Error
        let count: Int
        let endsInitialEvents: Bool

        func makeAsyncIterator() -> Iterator { Iterator(lines: self) }

        struct Iterator: AsyncIteratorProtocol {
            let lines: Lines
            var index = 0

            mutating func next() async throws -> Data? {
                defer { index += 1 }
                if index < lines.count {
                    return Data(#"{"type":"ADDED","object":"#.utf8) + (try Workload.line(index)) + Data("}".utf8)
                }
                if index == lines.count, lines.endsInitialEvents {
                    return Data(
                        (#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(lines.count + 1)","#
                            + #""annotations":{"k8s.io/initial-events-end":"true"}}}}"#).utf8)
                }
                let silence = AsyncStream<Void> { _ in }
                for await _ in silence {}
                return nil
            }
        }
    }
}
