import FoundationEssentials
import NIOCore

/// The lines of a watch, pulled from the answer's body, so that a slow consumer slows down the server.
///
/// The connection is closed when the iterator goes away or its task is cancelled.
struct WatchFrames<Body: AsyncSequence & Sendable>: AsyncSequence, Sendable where Body.Element == ByteBuffer {
    typealias Element = Data
    typealias Failure = any Error

    let body: Body
    var maximumLength = LineFraming.maximumLength

    func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), framing: LineFraming(maximumLength: maximumLength))
    }

    struct Iterator: AsyncIteratorProtocol {
        var body: Body.AsyncIterator?
        var framing: LineFraming

        mutating func next() async throws -> Data? {
            do {
                while body != nil {
                    if let line = try framing.next() { return line }
                    guard let chunk = try await body?.next(isolation: #isolation) else {
                        try Task.checkCancellation()
                        body = nil
                        return framing.finish()
                    }
                    framing.append(chunk)
                }
                return nil
            } catch {
                body = nil
                throw try TransportFailure(error).error
            }
        }
    }
}
