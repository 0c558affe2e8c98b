import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import Testing

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
