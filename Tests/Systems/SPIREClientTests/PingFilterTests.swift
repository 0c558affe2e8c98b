import NIOCore
import SPIREClient
import Testing

@Suite("PingFilter")
struct PingFilterTests {
    private static func frame(_ type: UInt8, flags: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, 1] + payload
    }

    private static let ping = Array(PingFilter.frame(0x0102_0304_0506_0708, isAnswer: false).readableBytesView)
    private static let answer = Array(PingFilter.frame(7, isAnswer: true).readableBytesView)
    private static let data = frame(0, Array(repeating: 6, count: 300))
    /// A PING of a wrong length, and one inside of data.
    private static let others = frame(6, [1, 2, 3]) + frame(0, ping) + frame(4, [])

    @Test(
        "pings are taken and everything else passes, in whatever pieces it comes",
        arguments: [1, 2, 3, 8, 9, 16, 17, 1000])
    func pieces(_ size: Int) {
        let bytes = Self.data + Self.ping + Self.others + Self.ping + Self.answer + Self.data
        var filter = PingFilter()
        var (passed, pings, hasData) = ([UInt8](), [UInt64](), false)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let found = filter.filter(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            passed += Array(found.passed.readableBytesView)
            pings += found.pings
            hasData = hasData || found.hasData
        }
        #expect(passed == Self.data + Self.others + Self.answer + Self.data)
        #expect(pings == [0x0102_0304_0506_0708, 0x0102_0304_0506_0708])
        #expect(hasData)
    }

    @Test("of a server's connection the answers are taken")
    func answers() {
        var filter = PingFilter(takesAnswers: true)
        let found = filter.filter(ByteBuffer(bytes: Self.ping + Self.answer))
        #expect(Array(found.passed.readableBytesView) == Self.ping)
        #expect(found.pings == [7])
        #expect(!found.hasData)
    }
}
