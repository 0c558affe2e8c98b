import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An emulated SPIRE server on a Unix socket.
package final class EmulatedServer: Sendable {
    private let socketPath: String
    private let server: GRPCServer<HTTP2ServerTransport.Posix>

    /// Prepares a server; `run()` opens the socket.
    package init(socketPath: String, state: EmulatorState) {
        self.socketPath = socketPath
        server = GRPCServer(
            transport: .http2NIOPosix(address: .unixDomainSocket(path: socketPath), transportSecurity: .plaintext),
            services: [
                EntryService(state: state), AgentService(state: state), BundleService(state: state),
                HealthService(state: state),
            ])
    }

    /// Serves until `beginGracefulShutdown()` or the cancellation of the task. Replaces a socket that an earlier server
    /// left behind, makes its directory if it is missing (mode 0750), and removes the socket in the end.
    ///
    /// - Parameter onListening: Called once the socket takes connections.
    /// - Throws: `EmulatorError` when the socket cannot be opened.
    package func run(onListening: @escaping @Sendable () -> Void = {}) async throws {
        let directory = URL(filePath: socketPath).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw EmulatorError("the directory \(directory.path) cannot be made")
        }
        defer { unlink(socketPath) }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                do {
                    try await self.server.serve()
                } catch {
                    throw EmulatorError("cannot listen on \(self.socketPath)")
                }
            }
            group.addTask {
                guard (try? await self.server.listeningAddress) != nil else { return }
                // As the real server's socket: for its own user and group.
                chmod(self.socketPath, 0o770)
                onListening()
            }
        }
    }

    /// Lets calls in flight end, and takes no more.
    package func beginGracefulShutdown() {
        server.beginGracefulShutdown()
    }
}
