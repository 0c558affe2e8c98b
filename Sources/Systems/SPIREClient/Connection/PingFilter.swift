package import NIOCore

/// Takes PING frames out of what comes in on an HTTP/2 connection (RFC 9113, §4.1 and §6.7), whole or in pieces; everything else
/// passes as it is.
package struct PingFilter: Sendable {
    /// What came.
    package struct Found: Sendable {
        /// What is to be passed on.
        package var passed = ByteBuffer()
        /// The data of the PING frames that were taken.
        package var pings: [UInt64] = []
        /// Whether a DATA frame began.
        package var hasData = false
    }

    private let takesAnswers: Bool
    /// The beginning of a frame of which not enough has come to know it.
    private var held = ByteBuffer()
    /// How much of what comes next passes without a look.
    private var passing = 0

    /// Takes pings, or the answers to them.
    package init(takesAnswers: Bool = false) { self.takesAnswers = takesAnswers }

    /// Looks at what came.
    package mutating func filter(_ bytes: ByteBuffer) -> Found {
        var input = bytes
        if held.readableBytes > 0 {
            held.writeImmutableBuffer(bytes)
            input = held
            held = ByteBuffer()
        }
        var found = Found()
        while input.readableBytes > 0 {
            if passing > 0 {
                guard var piece = input.readSlice(length: min(passing, input.readableBytes)) else { break }
                passing -= piece.readableBytes
                found.passed.writeBuffer(&piece)
                continue
            }
            guard let head = Self.head(of: input) else { break }
            guard head.isPing, head.isAnswer == takesAnswers else {
                found.hasData = found.hasData || head.isData
                passing = Self.headLength + head.length
                continue
            }
            guard let data = input.getInteger(at: input.readerIndex + Self.headLength, as: UInt64.self) else { break }
            input.moveReaderIndex(forwardBy: Self.headLength + head.length)
            found.pings.append(data)
        }
        held = input
        return found
    }

    /// A PING frame.
    ///
    /// - Parameter isAnswer: whether it answers another one.
    package static func frame(_ data: UInt64, isAnswer: Bool) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeBytes([0, 0, 8, 6, isAnswer ? 1 : 0, 0, 0, 0, 0])
        frame.writeInteger(data)
        return frame
    }

    private static let headLength = 9

    /// What a frame begins with: length (24 bits), type, flags, and the number of the stream.
    private struct Head {
        var length: Int
        var type: UInt8
        var isAnswer: Bool

        var isData: Bool { type == 0 }
        /// One of another length is an error, which others will find.
        var isPing: Bool { type == 6 && length == 8 }
    }

    private static func head(of input: ByteBuffer) -> Head? {
        guard input.readableBytes >= headLength, let first = input.getInteger(at: input.readerIndex, as: UInt32.self),
            let flags = input.getInteger(at: input.readerIndex + 4, as: UInt8.self)
        else { return nil }
        return Head(length: Int(first >> 8), type: UInt8(truncatingIfNeeded: first), isAnswer: flags & 1 == 1)
    }
}

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
