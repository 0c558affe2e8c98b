import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite("SPIREServerConnection without a server", .timeLimit(.minutes(3)))
struct ConnectionLossTests {
    private func code(_ call: () async throws -> Void) async -> SPIREError.Code? {
        do {
            try await call()
            return nil
        } catch {
            return (error as? SPIREError)?.code
        }
    }

    @Test("calls fail while the server is away, and go on by themselves on a new socket at the same path")
    func restart() async throws {
        try await ServerFixture.with { server in
            try await server.connected { connection in
                let entry = try ServerFixture.entry("a")
                #expect(await code { try await connection.checkHealth() } == .unavailable)
                for round in 0..<2 {
                    try await server.serving {
                        try await eventually { await code { try await connection.checkHealth() } == nil }
                        #expect(try await (connection.entry(id: "a") != nil) == (round > 0))
                        _ = try await connection.create(entry)
                    }
                    #expect(await code { _ = try await connection.entry(id: "a") } == .unavailable)
                    #expect(await code { try await connection.delete(id: "a") } == .unavailable)
                }
            }
        }
    }

    @Test("a server that takes connections and never answers makes calls fail at their deadline")
    func deadline() async throws {
        try await ServerFixture.with { server in
            let listener = try SilentListener(path: server.socket)
            defer { listener.close() }
            var settings = SPIREServerConnection.Settings()
            settings.callTimeout = .milliseconds(200)
            try await server.connected(settings: settings) { connection in
                let start = ContinuousClock.now
                #expect(await code { _ = try await connection.entry(id: "a") } == .unavailable)
                #expect(await code { try await connection.delete(id: "a") } == .unavailable)
                #expect(await code { try await connection.checkHealth() } == .unavailable)
                // Without a deadline the calls would never end; the rest is for a machine that is busy with other tests.
                #expect(ContinuousClock.now - start < .seconds(45))
            }
        }
    }

    @Test("no call outlives the fence")
    func fenceShortensDeadline() async throws {
        try await ServerFixture.with { server in
            let listener = try SilentListener(path: server.socket)
            defer { listener.close() }
            let asked = Mutex(0)
            var settings = SPIREServerConnection.Settings()
            settings.callTimeout = .seconds(120)
            let fence: SPIREServerConnection.Fence = {
                asked.withLock { $0 += 1 }
                return .milliseconds(200)
            }
            let start = ContinuousClock.now
            try await server.connected(settings: settings, isCancelled: true, fence: fence) { connection in
                // Asked a second time: the write was sent.
                try await eventually {
                    #expect(await code { try await connection.delete(id: "a") } == .unavailable)
                    return asked.withLock { asked in
                        defer { asked = 0 }
                        return asked == 2
                    }
                }
            }
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }

    @Test("a cancelled caller gets its answer at once, whether it reads or writes")
    func cancellation() async throws {
        try await ServerFixture.with { server in
            let listener = try SilentListener(path: server.socket)
            defer { listener.close() }
            var settings = SPIREServerConnection.Settings()
            settings.callTimeout = .milliseconds(500)
            try await server.connected(settings: settings) { connection in
                // Not cancelled: the calls run, and end at their deadline.
                #expect(await code { try await connection.checkHealth() } == .unavailable)
                for call in [
                    { _ = try await connection.entry(id: "a") }, { try await connection.delete(id: "a") },
                ] as [@Sendable () async throws -> Void] {
                    let result = await withTaskGroup(of: SPIREError.Code?.self) { group in
                        group.addTask { await code(call) }
                        group.cancelAll()
                        return await group.next() ?? nil
                    }
                    #expect(result == .cancelled)
                }
            }
        }
    }

    @Test("writes to a connection that does not run fail at once")
    func notRunning() async throws {
        let connection = try SPIREServerConnection(
            address: .unixSocket(path: "/tmp/none.sock"), fence: { .seconds(60) })
        #expect(await code { try await connection.delete(id: "a") } == .unavailable)
    }

    @Test("after the end of a connection every call fails at once")
    func ended() async throws {
        try await ServerFixture.with { server in
            try await server.serving {
                let connection = try SPIREServerConnection(
                    address: .unixSocket(path: server.socket), fence: { .seconds(60) })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await connection.run() }
                    try await connection.checkHealth()
                    connection.beginGracefulShutdown()
                    try await group.waitForAll()
                }
                #expect(await code { try await connection.delete(id: "a") } == .unavailable)
                #expect(await code { try await connection.checkHealth() } == .unavailable)
            }
        }
    }
}

/// A Unix socket whose connections are never answered.
private struct SilentListener {
    private let descriptor: Int32

    init(path: String) throws {
        #if canImport(Darwin)
            descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #else
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 16) == 0)
    }

    func close() {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
