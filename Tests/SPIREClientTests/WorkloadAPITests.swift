import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Synchronization
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

@Suite("Values of the Workload API")
struct WorkloadValueTests {
    private func jwt(_ payload: String, id: String = "spiffe://example.org/a") -> WorkloadAPI_JWTSVID {
        var wire = WorkloadAPI_JWTSVID()
        wire.spiffeID = id
        let encoded = Data(payload.utf8).base64EncodedString().filter { $0 != "=" }
        wire.svid = "e30.\(encoded).c2ln"
        return wire
    }

    @Test("a token says when it expires, as an integer or a fraction")
    func expiry() throws {
        #expect(try JWTSVID(wire: jwt(#"{"exp":1700000000,"aud":["x"]}"#)).expiresAt == 1_700_000_000)
        #expect(try JWTSVID(wire: jwt(#"{"exp":1700000000.9}"#)).expiresAt == 1_700_000_000)
    }

    @Test(
        "what is no token is a malformed answer",
        arguments: [
            #"{}"#, #"{"exp":"soon"}"#, #"{"exp":1e300}"#, "not JSON", "",
        ])
    func malformed(_ payload: String) throws {
        let error = try #require(throws: SPIREError.self) { try JWTSVID(wire: jwt(payload)) }
        #expect(error.code == .malformedAnswer)
    }

    @Test("an update without SVIDs, or with what is no certificate, is a malformed answer")
    func malformedX509() throws {
        var wire = WorkloadAPI_X509SVIDResponse()
        #expect(try #require(throws: SPIREError.self) { try X509SVID(wire: wire) }.code == .malformedAnswer)
        var svid = WorkloadAPI_X509SVID()
        svid.spiffeID = "spiffe://example.org/a"
        for bytes in [[], [0x30], [0x30, 0x05, 0x00], [0x30, 0x00], [0x04, 0x00], [0x30, 0x85, 1, 2, 3, 4, 5]]
            as [[UInt8]]
        {
            svid.x509Svid = Data(bytes)
            wire.svids = [svid]
            #expect(try #require(throws: SPIREError.self) { try X509SVID(wire: wire) }.code == .malformedAnswer)
        }
    }

    @Test(
        "an address is a Unix socket with an absolute path, or TCP with host and port",
        arguments: [
            ("unix:///run/x.sock", SPIREServerAddress.unixSocket(path: "/run/x.sock")), ("unix://run/x.sock", nil),
            ("unix:///", nil), ("/run/x.sock", nil), ("", nil),
            ("tcp://spire-server.spire-system:8081", .tcp(host: "spire-server.spire-system", port: 8081)),
            ("tcp://10.0.0.1:8081", .tcp(host: "10.0.0.1", port: 8081)),
            ("tcp://[::1]:8081", .tcp(host: "::1", port: 8081)), ("tcp://::1:8081", nil), ("tcp://host", nil),
            ("tcp://host:0", nil), ("tcp://host:65536", nil), ("tcp://:8081", nil), ("tcp://host:8081/x", nil),
            ("tcp://me@host:8081", nil), ("https://host:8081", nil),
        ])
    func addresses(_ text: String, _ address: SPIREServerAddress?) {
        #expect(SPIREServerAddress(text) == address)
    }
}
