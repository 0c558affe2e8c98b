import FoundationEssentials
import KubernetesModel
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Synchronization
import TestSupport
import Testing

// One at a time: some of them call as often as they can.
@Suite("SPIREServerConnection over TCP", .serialized, .timeLimit(.minutes(2)))
struct MutualTLSTests {
    private func code(_ call: () async throws -> Void) async -> SPIREError.Code? {
        do {
            try await call()
            return nil
        } catch {
            return (error as? SPIREError)?.code
        }
    }

    private func reading(_ connection: SPIREServerConnection) async -> SPIREError? {
        let result = await Result.of { () throws(SPIREError) in try await connection.entry(id: "operator") }
        return if case .failure(let error) = result { error } else { nil }
    }

    private func deleting(_ connection: SPIREServerConnection) async -> SPIREError? {
        let result = await Result.of { () throws(SPIREError) in try await connection.delete(id: "none") }
        return if case .failure(let error) = result { error } else { nil }
    }

    /// Calls from several tasks until something has happened; what became of the calls.
    private func hammering(
        _ connection: SPIREServerConnection, until done: @escaping @Sendable () async throws -> Void
    ) async throws -> (failures: [SPIREError], calls: Int) {
        // Writes fail at once as long as the connection does not run.
        try await eventually { await code { try await connection.delete(id: "none") } == nil }
        let tally = CallTally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    while !tally.isDone {
                        let failure = await (task.isMultiple(of: 2) ? reading(connection) : deleting(connection))
                        tally.add(failure)
                        // What fails at once must not keep those from running who could end it.
                        if failure != nil { await Task.yield() }
                    }
                }
            }
            defer { tally.finish() }
            try await done()
        }
        return tally.outcome
    }

    @Test("the SVID of an admin entry is let in, that of another is not, from the moment that the entry changes")
    func callerClasses() async throws {
        try await TrustFixture.with { fixture in
            try await fixture.issued { source, _ in
                try await eventually { source.x509SVID != nil }
                #expect(source.x509SVID?.spiffeID.description == TrustFixture.operatorID)
                try await fixture.connected(source) { connection in
                    #expect(try await connection.entry(id: "operator") != nil)
                    _ = try await connection.create(ServerFixture.entry("a"))
                    fixture.changeEntry { $0.admin = false }
                    #expect(await code { _ = try await connection.entry(id: "a") } == .permissionDenied)
                    #expect(await code { try await connection.delete(id: "a") } == .permissionDenied)
                    // Anybody may read the bundle, and so see that the server serves.
                    try await connection.checkHealth()
                    #expect(try await connection.bundle().x509Authorities.count == 1)
                    fixture.changeEntry { $0.admin = true }
                    try await connection.delete(id: "a")
                }
            }
        }
    }

    @Test("before the agent has issued an SVID, calls fail at once, and go on when it has")
    func noSVID() async throws {
        try await TrustFixture.with { fixture in
            let entries = fixture.server.state.withDatastore { store in
                defer { _ = store.delete(ids: ["operator"]) }
                return store.entries
            }
            try await fixture.issued { source, _ in
                try await fixture.connected(source) { connection in
                    #expect(await code { _ = try await connection.entry(id: "a") } == .unavailable)
                    #expect(await code { try await connection.delete(id: "a") } == .unavailable)
                    fixture.server.state.withDatastore { store in
                        for entry in entries { store.insert(entry) }
                    }
                    try await eventually { await code { try await connection.delete(id: "a") } == nil }
                }
            }
        }
    }

    @Test("a Unix socket needs no SVID")
    func unixSocket() async throws {
        try await TrustFixture.with { fixture in
            let connection = try SPIREServerConnection(
                address: .unixSocket(path: fixture.server.socket),
                tls: ServerTLS(FixedSVID(), serverID: try SPIFFEID("spiffe://example.org/spire/server")),
                fence: { .seconds(60) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await connection.run() }
                try await connection.checkHealth()
                #expect(try await connection.entry(id: "operator") != nil)
                try await connection.delete(id: "none")
                connection.beginGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    @Test("a server with another SPIFFE ID is refused before it is told anything")
    func wrongServer() async throws {
        try await TrustFixture.with { fixture in
            try await fixture.issued { source, _ in
                try await eventually { source.x509SVID != nil }
                try await fixture.connected(source, serverID: "spiffe://example.org/spire/other") { connection in
                    let refusal = SPIREError(
                        .unavailable,
                        "the server that answers is not believed to be spiffe://example.org/spire/other: "
                            + "the peer is not the one that was expected")
                    for _ in 0..<3 {
                        await #expect(throws: refusal) { _ = try await connection.entry(id: "operator") }
                        await #expect(throws: refusal) { try await connection.delete(id: "operator") }
                    }
                }
                #expect(try fixture.server.calls().allSatisfy { $0.method == "FetchX509SVID" })
            }
        }
    }

    @Test("neither side believes an authority that is not of the trust domain's bundle")
    func unknownAuthority() async throws {
        try await TrustFixture.with { fixture in
            let own = try fixture.server.state.ownBundle().x509Authorities.map { Array($0.asn1) }
            let trustDomain = try #require(TrustDomain("example.org"))
            let now = Int64(Date.now.timeIntervalSince1970)
            let other = try TrustAuthority(trustDomain: trustDomain, now: now) { "k" }
            let foreign = try other.issueX509SVID(TrustFixture.operatorID, now: now)
            let good = try fixture.server.state.issueX509SVID(TrustFixture.operatorID)
            let cases = [
                (try FixedSVID(good, authorities: own), SPIREError.Code?.none),
                (try FixedSVID(foreign, authorities: own), .unavailable),
                (try FixedSVID(good, authorities: try other.certificates()), .unavailable),
                (try FixedSVID(good, authorities: []), .unavailable),
            ]
            for (index, (holder, expected)) in cases.enumerated() {
                try await fixture.connected(holder) { connection in
                    #expect(
                        await code { _ = try await connection.entry(id: "operator") } == expected, "case \(index)")
                }
            }
        }
    }

    @Test("an SVID that has expired is refused, and its successor is let in without a new connection object")
    func expiry() async throws {
        try await TrustFixture.with { fixture in
            let now = Int64(Date.now.timeIntervalSince1970)
            let own = try fixture.server.state.ownBundle().x509Authorities.map { Array($0.asn1) }
            let expired = try fixture.server.state.issueX509SVID(TrustFixture.operatorID, lifetime: 1, now: now - 5)
            let fresh = try fixture.server.state.issueX509SVID(TrustFixture.operatorID)
            let holder = ChangingSVID(try FixedSVID(expired, authorities: own).x509SVID)
            try await fixture.connected(holder) { connection in
                #expect(await code { _ = try await connection.entry(id: "operator") } == .unavailable)
                holder.set(try FixedSVID(fresh, authorities: own).x509SVID)
                try await eventually { await code { _ = try await connection.entry(id: "operator") } == nil }
            }
        }
    }

    @Test("a server that closes its connections again and again loses no call")
    func connectionAge() async throws {
        try await TrustFixture.with(maxConnectionAge: .milliseconds(400)) { fixture in
            try await fixture.issued { source, _ in
                try await eventually { source.x509SVID != nil }
                try await fixture.connected(source) { connection in
                    let start = ContinuousClock.now
                    let (failures, calls) = try await hammering(connection) {
                        try await eventually { ContinuousClock.now - start > .seconds(3) }
                    }
                    #expect(failures.isEmpty)
                    #expect(calls > 40)
                }
            }
        }
    }

    @Test("SVIDs and authorities rotate under calls in flight, and no call is lost")
    func rotation() async throws {
        try await TrustFixture.with(ttl: 4, maxConnectionAge: .milliseconds(400)) { fixture in
            let state = fixture.server.state
            try await fixture.issued { source, _ in
                try await eventually { source.x509SVID != nil }
                let trustDomain = try #require(TrustDomain("example.org"))
                try await fixture.connected(source) { connection in
                    let (failures, calls) = try await hammering(connection) {
                        // The SVID alone, at half of its life.
                        let first = source.x509SVID
                        try await eventually { source.x509SVID?.certificates != first?.certificates }
                        // A new authority: known first, then used, then the only one.
                        try state.prepareX509Authority()
                        try await eventually { source.x509SVID?.authorities[trustDomain]?.count == 2 }
                        try state.activateX509Authority()
                        let second = source.x509SVID
                        try await eventually { source.x509SVID?.certificates != second?.certificates }
                        try state.revokeX509Authorities()
                        try await eventually { source.x509SVID?.authorities[trustDomain]?.count == 1 }
                        let third = source.x509SVID
                        try await eventually { source.x509SVID?.certificates != third?.certificates }
                    }
                    #expect(failures.isEmpty)
                    #expect(calls > 40)
                }
            }
        }
    }
}

/// An SVID that a test changes.
private final class ChangingSVID: X509SVIDHolder {
    private let state: Mutex<X509SVID?>

    init(_ svid: X509SVID?) { state = Mutex(svid) }

    var x509SVID: X509SVID? { state.withLock(\.self) }

    func set(_ svid: X509SVID?) { state.withLock { $0 = svid } }
}

/// What became of many calls.
private final class CallTally: Sendable {
    private let state = Mutex<(isDone: Bool, failures: [SPIREError], calls: Int)>((false, [], 0))

    var isDone: Bool { state.withLock { $0.isDone } }
    var outcome: (failures: [SPIREError], calls: Int) { state.withLock { ($0.failures, $0.calls) } }

    func add(_ failure: SPIREError?) {
        state.withLock { state in
            state.calls += 1
            if let failure { state.failures.append(failure) }
        }
    }

    func finish() { state.withLock { $0.isDone = true } }
}
