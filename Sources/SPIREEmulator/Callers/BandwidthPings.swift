import NIOCore
import SPIREClient

/// Pings the caller for the data that it sends, one at a time, as a server in Go does to measure the bandwidth.
final class BandwidthPings: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Says what the ping is about.
    private static let data: UInt64 = 0x0204_1010_090e_0707

    // A caller sends 24 bytes before its first frame.
    private var filter = PingFilter(takesAnswers: true, preface: 24)
    private var isAnswered = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let found = filter.filter(unwrapInboundIn(data))
        if !found.pings.isEmpty { isAnswered = true }
        if found.hasData, isAnswered {
            isAnswered = false
            context.writeAndFlush(wrapOutboundOut(PingFilter.frame(Self.data, isAnswer: false)), promise: nil)
        }
        if found.passed.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(found.passed)) }
    }
}
