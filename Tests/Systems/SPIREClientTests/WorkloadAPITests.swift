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

@Suite("The Workload API")
struct WorkloadAPITests {
    @Test("a JWT-SVID names the process, lasts as long as the server says, and verifies with the bundle's key")
    func jwt() async throws {
        try await TrustFixture.with { fixture in
            try await fixture.issued { _, workloads in
                let svid = try await workloads.jwtSVID(audience: "vault")
                #expect(svid.spiffeID.description == TrustFixture.operatorID)
                let now = Int64(Date.now.timeIntervalSince1970)
                #expect((now + 240...now + 300).contains(svid.expiresAt))
                #expect("\(svid)" == "JWT-SVID of \(TrustFixture.operatorID)")
                #expect(!String(reflecting: svid).contains(svid.token))
                #expect(try fixture.server.state.isVerified(svid.token, audience: "vault"))
                #expect(try !fixture.server.state.isVerified(svid.token, audience: "other"))
                #expect(try !fixture.server.state.isVerified(svid.token + "A", audience: "vault"))
            }
        }
    }

    @Test("a key that is revoked takes its tokens with it, one that is replaced does not")
    func jwtRotation() async throws {
        try await TrustFixture.with { fixture in
            let state = fixture.server.state
            try await fixture.issued { _, workloads in
                let first = try await workloads.jwtSVID(audience: "vault").token
                try state.rotateJWTAuthority()
                let second = try await workloads.jwtSVID(audience: "vault").token
                #expect(try state.isVerified(first, audience: "vault"))
                #expect(try state.ownBundle().jwtAuthorities.count == 2)
                #expect(try state.ownBundle().sequenceNumber == 2)
                try state.rotateJWTAuthority(keepsOld: false)
                #expect(try !state.isVerified(first, audience: "vault"))
                #expect(try !state.isVerified(second, audience: "vault"))
            }
        }
    }

    @Test("a process without an entry has no identity; the failure says so")
    func noIdentity() async throws {
        try await TrustFixture.with { fixture in
            fixture.server.state.withDatastore { _ = $0.delete(ids: ["operator"]) }
            try await fixture.issued { source, workloads in
                let error = try await #require(throws: SPIREError.self) {
                    _ = try await workloads.jwtSVID(audience: "vault")
                }
                #expect(error.code == .permissionDenied)
                #expect(error.message == "the SPIRE agent has no identity for this process")
                #expect(source.x509SVID == nil)
            }
        }
    }

    @Test("a process has what the agent found out about its user, and no longer than that is said")
    func attested() async throws {
        try await TrustFixture.with { fixture in
            let state = fixture.server.state
            let pod: Set<StoredEntry.Selector> = [
                .init(type: "k8s", value: "ns:shop"), .init(type: "k8s", value: "sa:web"),
            ]
            state.withDatastore { store in
                _ = store.delete(ids: ["operator"])
                store.insert(
                    StoredEntry(
                        id: "web", spiffeID: "spiffe://example.org/ns/shop/sa/web", parentID: TrustFixture.agentID,
                        selectors: pod.sorted { $0.value < $1.value }))
            }
            try await fixture.issued { _, workloads in
                state.attest(uid: getuid(), selectors: [.init(type: "k8s", value: "ns:shop")])
                await #expect(throws: SPIREError.self) { _ = try await workloads.jwtSVID(audience: "vault") }
                state.attest(uid: getuid(), selectors: pod)
                let svid = try await workloads.jwtSVID(audience: "vault")
                #expect(svid.spiffeID.description == "spiffe://example.org/ns/shop/sa/web")
                state.attest(uid: getuid(), selectors: [])
                await #expect(throws: SPIREError.self) { _ = try await workloads.jwtSVID(audience: "vault") }
            }
        }
    }

    @Test("an agent that is away is unavailable, and an SVID outlives it")
    func away() async throws {
        let workloads = try WorkloadAPIConnection(address: "unix:///tmp/none-\(UUID().uuidString).sock")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await workloads.run() }
            let error = try await #require(throws: SPIREError.self) {
                _ = try await workloads.jwtSVID(audience: "vault")
            }
            #expect(error.code == .unavailable)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
        #expect(throws: SPIREError.self) { try WorkloadAPIConnection(address: "tcp://127.0.0.1:1") }
    }

    @Test("other SPIFFE IDs than before are told, and new certificates for the same are not")
    func newIDs() async throws {
        try await TrustFixture.with(ttl: 3600) { fixture in
            let count = Mutex(0)
            try await fixture.issued(onIDs: { count.withLock { $0 += 1 } }) { source, _ in
                try await eventually { count.withLock { $0 } == 1 }
                let first = source.x509SVID
                fixture.changeEntry {
                    $0.admin = true
                    $0.x509SvidTtl = 1800
                }
                try await eventually { source.x509SVID?.certificates != first?.certificates }
                #expect(count.withLock { $0 } == 1)
                fixture.server.state.withDatastore { store in
                    store.insert(
                        StoredEntry(
                            id: "second", spiffeID: "spiffe://example.org/second", parentID: TrustFixture.agentID,
                            selectors: [.init(type: "unix", value: "uid:\(getuid())")]))
                }
                try await eventually { source.x509SVID?.allIDs.count == 2 }
                try await eventually { count.withLock { $0 } == 2 }
            }
        }
    }

    @Test("the stream goes on through rotations and after the entry was away for a while")
    func stream() async throws {
        try await TrustFixture.with(ttl: 3600) { fixture in
            let state = fixture.server.state
            try await fixture.issued { source, _ in
                try await eventually { source.x509SVID != nil }
                let first = source.x509SVID
                fixture.changeEntry {
                    $0.admin = true
                    $0.x509SvidTtl = 1800
                }
                try await eventually { source.x509SVID?.certificates != first?.certificates }
                let entries = state.withDatastore { store in
                    defer { _ = store.delete(ids: ["operator"]) }
                    return store.entries
                }
                let second = source.x509SVID
                #expect(second != nil)
                // The stream fails now; the SVID stays, and the next stream brings another one.
                try await eventually {
                    try fixture.server.calls().contains { $0.results == ["PERMISSION_DENIED"] }
                }
                #expect(source.x509SVID == second)
                state.withDatastore { store in for entry in entries { store.insert(entry) } }
                try await eventually { source.x509SVID?.certificates != second?.certificates }
            }
        }
    }
}
