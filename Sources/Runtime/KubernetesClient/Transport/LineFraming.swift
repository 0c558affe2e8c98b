import FoundationEssentials
import NIOCore

/// Cuts a stream of bytes into lines, wherever the chunks begin and end.
struct LineFraming {
    /// The longest line that is accepted; etcd holds no objects above 1.5 MiB.
    static let maximumLength = 8 * 1024 * 1024

    private let maximumLength: Int
    private var buffer = ByteBuffer()
    /// How many bytes at the front are known to hold no line feed.
    private var scanned = 0

    /// Starts without bytes.
    init(maximumLength: Int = LineFraming.maximumLength) {
        self.maximumLength = maximumLength
    }

    /// Takes the next chunk.
    mutating func append(_ chunk: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = chunk
        } else {
            buffer.writeImmutableBuffer(chunk)
        }
    }

    /// The next whole line that is not empty, without its end (`\n` or `\r\n`); nil until more bytes come.
    ///
    /// - Throws: `KubernetesError.malformedAnswer` when a line is too long.
    mutating func next() throws -> Data? {
        while true {
            let view = buffer.readableBytesView
            guard let end = view.dropFirst(scanned).firstIndex(of: UInt8(ascii: "\n")) else {
                scanned = view.count
                guard scanned <= maximumLength else { throw Self.tooLong }
                return nil
            }
            let line = view[view.startIndex..<end]
            guard line.count <= maximumLength else { throw Self.tooLong }
            buffer.moveReaderIndex(forwardBy: line.count + 1)
            scanned = 0
            if let data = Self.content(line) { return data }
        }
    }

    /// What is left when the stream ends: a last line without its end, if it is not empty.
    mutating func finish() -> Data? {
        defer { buffer.clear() }
        return Self.content(buffer.readableBytesView)
    }

    private static var tooLong: KubernetesError {
        KubernetesError(.malformedAnswer, "a line of the watch is too long")
    }

    private static func content(_ line: ByteBufferView) -> Data? {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return line.isEmpty ? nil : Data(line)
    }
}

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
