public import FoundationEssentials
public import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOSSL

/// One connection that a `ScriptedServer` has accepted.
struct ServerConnection: Sendable {
    let http: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// A request of which everything has arrived.
    struct IncomingRequest: Sendable {
        var head: HTTPRequestHead
        var body = ByteBuffer()
        var clientCertificate: [UInt8]?

        func recorded(index: Int, connection: Int, time: Duration) -> RecordedRequest {
            RecordedRequest(
                index: index, connection: connection, method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { ($0.name, $0.value) }, body: Data(body.readableBytesView), time: time,
                clientCertificate: clientCertificate)
        }
    }

    /// Puts the handlers of the protocol into a new channel; to be called on its event loop.
    static func open(_ channel: any Channel, _ tls: ScriptedTLS?) throws -> ServerConnection {
        if let tls {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.makeContext()))
        }
        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
        return ServerConnection(http: try NIOAsyncChannel(wrappingChannelSynchronously: channel))
    }

    /// Calls the body for each request, one after the other, until the client or the server ends the connection.
    func forEachRequest(
        _ body: (IncomingRequest, NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>) async throws -> Void
    ) async throws {
        try await http.executeThenClose { inbound, outbound in
            var request: IncomingRequest?
            for try await part in inbound {
                switch part {
                case .head(let head):
                    request = IncomingRequest(head: head, clientCertificate: try? await peer())
                case .body(var bytes):
                    request?.body.writeBuffer(&bytes)
                case .end:
                    guard let complete = request else { continue }
                    request = nil
                    try await body(complete, outbound)
                }
            }
        }
    }

    /// The serial number of the client's certificate.
    private func peer() async throws -> [UInt8]? {
        try await http.channel.nioSSL_peerCertificate().get()?.serialNumber
    }
}

/// Writes the answer to one request, piece by piece.
public struct AnswerWriter: Sendable {
    let outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    let channel: any Channel
    /// The server's clock, for answers that wait.
    public let clock: any RuntimeClock

    /// Sends the status line and the headers. Without `Content-Length` the body is sent in chunks.
    ///
    /// - Throws: when the client has gone.
    public func head(_ status: Int, headers: [(String, String)] = []) async throws {
        try await outbound.write(
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: HTTPHeaders(headers))))
    }

    /// Sends one chunk of the body.
    ///
    /// - Throws: when the client has gone.
    public func body(_ bytes: some Sequence<UInt8>) async throws {
        let buffer = ByteBuffer(bytes: bytes)
        // A chunk without bytes would be the end.
        if buffer.readableBytes > 0 { try await outbound.write(.body(.byteBuffer(buffer))) }
    }

    /// Ends the answer in order; the connection stays open.
    ///
    /// - Throws: when the client has gone.
    public func end() async throws {
        try await outbound.write(.end(nil))
    }

    /// Closes the connection where the answer is.
    public func close() async {
        try? await channel.close().get()
    }

    /// Breaks the connection: the client sees a reset. With TLS it sees an ordinary end; use a `FaultProxy` there.
    public func reset() async {
        await channel.reset()
    }

    /// Sends nothing more and keeps the connection until the client closes it or the server stops.
    public func hang() async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

/// A request as a `ScriptedServer` got it.
public struct RecordedRequest: Sendable {
    /// The number of the request on this server, from zero.
    public let index: Int
    /// The number of the connection that it came on, from zero.
    public let connection: Int
    /// The HTTP method.
    public let method: String
    /// Path and query as they were sent, percent-encoded.
    public let target: String
    /// Names and values in the order in which they came.
    public let headers: [(name: String, value: String)]
    /// The whole body.
    public let body: Data
    /// When the request had arrived, by the server's clock.
    public let time: Duration
    /// The serial number of the client's certificate, if it showed one.
    public let clientCertificate: [UInt8]?

    /// The path as it was sent.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The query parameters, decoded; a parameter that occurs twice counts once, with its first value.
    public var query: [String: String] {
        let items = (URLComponents(string: target)?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return Dictionary(items, uniquingKeysWith: { first, _ in first })
    }

    /// The first value of a header, whatever the case of its name.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
