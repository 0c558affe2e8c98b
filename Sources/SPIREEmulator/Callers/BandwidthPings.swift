import NIOCore
import SPIREClient

/// Pings the caller for the data that it sends, one at a time, as a server in Go does to measure the bandwidth.
final class BandwidthPings: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Says what the ping is about.
    private static let data: UInt64 = 0x0204_1010_090e_0707

    /// How much is still to come of the 24 bytes that a caller sends before its first frame.
    private var preface = 24
    private var filter = PingFilter(takesAnswers: true)
    private var isAnswered = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if preface > 0, let start = bytes.readSlice(length: min(preface, bytes.readableBytes)) {
            preface -= start.readableBytes
            context.fireChannelRead(wrapInboundOut(start))
        }
        let found = filter.filter(bytes)
        if !found.pings.isEmpty { isAnswered = true }
        if found.hasData, isAnswered {
            isAnswered = false
            context.writeAndFlush(wrapOutboundOut(PingFilter.frame(Self.data, isAnswer: false)), promise: nil)
        }
        if found.passed.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(found.passed)) }
    }
}
