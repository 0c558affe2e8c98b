import NIOCore

/// Answers a server's pings in place of the transport, which takes more than 200 within half a minute for an attack and gives the
/// connection up (swift-nio-http2 1.46). Servers in Go, a SPIRE server among them, send one for nearly every request, to measure
/// the bandwidth.
final class PingAnswerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var filter = PingFilter()

    /// Puts one before everything that the transport has put there.
    static func add(to channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(PingAnswerer(), position: .first)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let found = filter.filter(unwrapInboundIn(data))
        for ping in found.pings {
            context.write(wrapOutboundOut(PingFilter.frame(ping, isAnswer: true)), promise: nil)
        }
        if !found.pings.isEmpty { context.flush() }
        if found.passed.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(found.passed)) }
    }
}
