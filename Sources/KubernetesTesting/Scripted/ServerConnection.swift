import FoundationEssentials
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
    static func open(_ channel: any Channel, _ tls: ServerTLS?) throws -> ServerConnection {
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
