public import KubernetesModel
import NIOCore
import NIOHTTP1

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
