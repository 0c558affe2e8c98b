import KubernetesModel
import NIOCore

extension FaultProxy {
    /// Connects a client to the server and passes bytes on in both directions until both have ended.
    func relay(_ client: Endpoint.Bytes, _ number: Int) async throws {
        try await client.executeThenClose { fromClient, toClient in
            var incoming = fromClient.makeAsyncIterator()
            let early = try await shake(&incoming, toClient)
            let server = try await upstream.connect()
            open.update { $0[number] = [client.channel, server.channel] }
            try await server.executeThenClose { fromServer, toServer in
                await withTaskGroup { group in
                    group.addTask {
                        var answers = fromServer.makeAsyncIterator()
                        await self.pump(
                            .toClient, &answers, ByteBuffer(), client.channel, toClient, server.channel)
                    }
                    await pump(.toServer, &incoming, early, server.channel, toServer, client.channel)
                }
            }
        }
    }

    /// One direction of one connection.
    private func pump(
        _ direction: Direction, _ source: inout Incoming, _ early: ByteBuffer, _ destination: any Channel,
        _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ origin: any Channel
    ) async {
        do {
            switch try await pass(direction, &source, early, writer) {
            case nil:
                // The sender has nothing more to say; the other direction may go on.
                writer.finish()
            case .close:
                // Everything that has passed arrives before the end.
                writer.finish()
                try await origin.close().get()
            case .reset:
                await destination.reset()
                await origin.reset()
            }
        } catch {
            // A connection that is broken on one side is broken on the other.
            await destination.reset()
            await origin.reset()
        }
    }

    /// Passes bytes on until the sender ends, or the flow says so: then it gives how to end.
    private func pass(
        _ direction: Direction, _ source: inout Incoming, _ early: ByteBuffer,
        _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Flow.Ending? {
        var held = early
        var passed = 0
        var isOpen = true
        while true {
            let flow = try await conduct.wait { !$0[direction].isStalled }[direction]
            switch flow.step(held: held.readableBytes, passed: passed, isOpen: isOpen) {
            case .read:
                if let chunk = try await source.next(isolation: #isolation) {
                    held.writeImmutableBuffer(chunk)
                } else {
                    isOpen = false
                }
            case .pass(let count, let pause):
                try await clock.sleep(for: pause)
                guard let piece = held.readSlice(length: count) else { return nil }
                held.discardReadBytes()
                try await writer.write(piece)
                passed += count
            case .end(let ending):
                return ending
            case .finish:
                return nil
            }
        }
    }
}
