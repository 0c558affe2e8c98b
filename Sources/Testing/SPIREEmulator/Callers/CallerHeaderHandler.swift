import LanyardAPI
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOSSL
import SPIREClient
import SwiftASN1
import X509

/// Writes into the headers of a call who makes it, in place of what the caller may say there: the transport does not tell
/// services anything else about a connection.
final class CallerHeaderHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    /// The name of the header.
    static let name = "lanyard-caller"

    private let caller: Caller

    init(_ caller: Caller) {
        self.caller = caller
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var payload) = unwrapInboundIn(data) else {
            context.fireChannelRead(data)
            return
        }
        payload.headers.remove(name: Self.name)
        payload.headers.add(name: Self.name, value: caller.headerValue)
        context.fireChannelRead(wrapInboundOut(.headers(payload)))
    }

    /// Adds a handler to a stream.
    ///
    /// - Throws: When the stream has no connection (any more).
    static func add(to stream: any Channel) throws {
        guard let connection = stream.parent else { throw ChannelError.ioOnClosedChannel }
        let connected = try connection.pipeline.syncOperations.handler(type: ConnectionCallerHandler.self)
        let caller = try connected.caller(in: connection.pipeline.syncOperations)
        try stream.pipeline.syncOperations.addHandler(CallerHeaderHandler(caller), position: .first)
    }
}

/// Remembers who opened a connection.
final class ConnectionCallerHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    /// Nil over TLS, where the certificate says it.
    private let known: Caller?

    init(_ known: Caller?) {
        self.known = known
    }

    /// Who opened the connection; to be asked after the handshake.
    ///
    /// - Throws: When the certificate does not decode.
    func caller(in pipeline: ChannelPipeline.SynchronousOperations) throws -> Caller {
        if let known { return known }
        guard let peer = try pipeline.nioSSL_peerCertificate() else { return .anonymous }
        let certificate = try Certificate(derEncoded: peer.toDERBytes())
        return X509SVIDVerifier.spiffeID(of: certificate).map { .svid($0.description) } ?? .unknown
    }
}

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
