import FoundationEssentials
import NIOCore
import Testing

@testable import KubernetesClient

@Suite("LineFraming")
struct LineFramingTests {
    private static let stream = "{\"a\":1}\n{\"b\":\"äöü\"}\r\n\n\r\n{}\n{\"last\":true}"
    private static let lines = ["{\"a\":1}", "{\"b\":\"äöü\"}", "{}", "{\"last\":true}"]

    /// The lines of chunks, one after the other.
    private func lines(_ chunks: [ArraySlice<UInt8>], maximum: Int = 100) throws -> [String] {
        var framing = LineFraming(maximumLength: maximum)
        var lines: [Data] = []
        for chunk in chunks {
            framing.append(ByteBuffer(bytes: chunk))
            while let line = try framing.next() { lines.append(line) }
        }
        if let rest = framing.finish() { lines.append(rest) }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("gives the same lines wherever two chunks meet")
    func everySplit() throws {
        let bytes = Array(Self.stream.utf8)
        for offset in bytes.indices {
            #expect(try lines([bytes[..<offset], bytes[offset...]]) == Self.lines, "split at \(offset)")
        }
    }

    @Test("gives the same lines for chunks of every size", arguments: 1...9)
    func everySize(size: Int) throws {
        let bytes = Array(Self.stream.utf8)
        let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try lines(chunks) == Self.lines)
    }

    @Test("refuses a line above the maximum, ended or not")
    func tooLong() throws {
        #expect(try lines([Array("12345\n".utf8)[...]], maximum: 5) == ["12345"])
        for text in ["123456\n", "123456"] {
            #expect(throws: KubernetesError(.malformedAnswer, "a line of the watch is too long")) {
                try lines([Array(text.utf8)[...]], maximum: 5)
            }
        }
    }

    @Test("pulls from a body only what is asked for, and passes its failure on")
    func frames() async throws {
        let (body, source) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
        source.yield(ByteBuffer(string: "{\"n\":1}\n{\"n\""))
        source.yield(ByteBuffer(string: ":2}\n{\"n\":3"))
        source.finish(throwing: KubernetesError(.unreachable, "gone"))
        var iterator = WatchFrames(body: body).makeAsyncIterator()
        #expect(try await iterator.next() == Data("{\"n\":1}".utf8))
        #expect(try await iterator.next() == Data("{\"n\":2}".utf8))
        await #expect(throws: KubernetesError(.unreachable, "gone")) { try await iterator.next() }
        #expect(try await iterator.next() == nil)
    }
}
