import NIOCore

extension FaultProxy {
    /// How clients say where they want to go. Wherever that is, they get to `upstream`.
    public enum Handshake: Equatable, Sendable {
        /// Not at all.
        case none
        /// HTTP `CONNECT`; with a value, only with this `Proxy-Authorization`.
        case connect(authorization: String?)
        /// SOCKS 5 without a login.
        case socks5
    }

    typealias Incoming = NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator

    /// A client that does not speak the protocol, or was refused.
    struct Refused: Error {}

    /// Lets a client say where it wants to go.
    ///
    /// - Returns: what it has sent already for the server.
    /// - Throws: `Refused`.
    func shake(
        _ incoming: inout Incoming, _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> ByteBuffer {
        var held = ByteBuffer()
        switch handshake {
        case .none:
            break
        case .connect(let authorization):
            try await connect(authorization, &held, &incoming, writer)
        case .socks5:
            try await socks(&held, &incoming, writer)
        }
        return held
    }

    private func connect(
        _ authorization: String?, _ held: inout ByteBuffer, _ incoming: inout Incoming,
        _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let end = Array("\r\n\r\n".utf8)
        while !held.readableBytesView.contains(end) { try await read(&held, &incoming) }
        let head = String(buffer: held)
        let lines = head.split(separator: "\r\n")
        // Nothing follows the head before the answer.
        held.clear()
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3, words[0] == "CONNECT" else { throw Refused() }
        let given = lines.first { $0.lowercased().hasPrefix("proxy-authorization:") }?
            .drop { $0 != ":" }.dropFirst().drop { $0 == " " }
        if let authorization, given.map(String.init) != authorization {
            try await writer.write(ByteBuffer(string: "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
            throw Refused()
        }
        targets.update { $0.append(String(words[1])) }
        try await writer.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"))
    }

    /// RFC 1928.
    private func socks(
        _ held: inout ByteBuffer, _ incoming: inout Incoming, _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        let greeting = try await bytes(2, &held, &incoming)
        _ = try await bytes(Int(greeting[1]), &held, &incoming)
        guard greeting[0] == 5 else { throw Refused() }
        try await writer.write(ByteBuffer(bytes: [5, 0]))
        let request = try await bytes(4, &held, &incoming)
        let host: String
        switch request[3] {
        case 1: host = try await bytes(4, &held, &incoming).map(String.init).joined(separator: ".")
        case 3:
            let length = try await bytes(1, &held, &incoming)[0]
            host = String(decoding: try await bytes(Int(length), &held, &incoming), as: UTF8.self)
        default: throw Refused()
        }
        let port = try await bytes(2, &held, &incoming)
        targets.update { $0.append("\(host):\(Int(port[0]) << 8 | Int(port[1]))") }
        try await writer.write(ByteBuffer(bytes: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    }

    private func bytes(_ count: Int, _ held: inout ByteBuffer, _ incoming: inout Incoming) async throws -> [UInt8] {
        while true {
            if let bytes = held.readBytes(length: count) { return bytes }
            try await read(&held, &incoming)
        }
    }

    private func read(_ held: inout ByteBuffer, _ incoming: inout Incoming) async throws {
        guard held.readableBytes < 16_384, let chunk = try await incoming.next(isolation: #isolation) else {
            throw Refused()
        }
        held.writeImmutableBuffer(chunk)
    }
}
