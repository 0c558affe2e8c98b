import FoundationEssentials
import LanyardAPI
import SPIREClient
import SPIREEmulator
import SwiftASN1
import Testing
import X509

@Suite("TrustAuthority")
struct TrustAuthorityTests {
    private static let now: Int64 = 1_800_000_000

    private func authority(_ change: (inout TrustAuthority.Lifetimes) -> Void = { _ in }) throws -> TrustAuthority {
        var lifetimes = TrustAuthority.Lifetimes()
        change(&lifetimes)
        return try TrustAuthority(
            trustDomain: try #require(TrustDomain("example.org")), lifetimes: lifetimes, now: Self.now
        ) { UUID().uuidString }
    }

    @Test(
        "an SVID lives as long as its entry says, an hour by default, and never longer than its authority",
        arguments: [(0, 3600), (1, 1), (60, 60), (Int64(Int32.max), 86400)] as [(Int64, Int64)])
    func lifetime(_ asked: Int64, _ expected: Int64) throws {
        let svid = try authority().issueX509SVID("spiffe://example.org/a", lifetime: asked, now: Self.now)
        #expect(svid.expiresAt == Self.now + expected)
        let leaf = try Certificate(derEncoded: svid.certificate)
        #expect(Int64(leaf.notValidAfter.timeIntervalSince1970) == Self.now + expected)
    }

    @Test("the first DNS name is the common name, and all of them are names of the certificate")
    func names() throws {
        let svid = try authority().issueX509SVID(
            "spiffe://example.org/a", dnsNames: ["b.example", "a.example"], now: Self.now)
        let leaf = try Certificate(derEncoded: svid.certificate)
        #expect(leaf.subject.description.contains("CN=b.example"))
        let names = try #require(try leaf.extensions.subjectAlternativeNames)
        #expect(
            Array(names) == [
                .uniformResourceIdentifier("spiffe://example.org/a"), .dnsName("b.example"), .dnsName("a.example"),
            ])
        #expect(X509SVIDVerifier.spiffeID(of: leaf)?.description == "spiffe://example.org/a")
    }

    @Test("a prepared authority is known before it signs, and an old one is known until it is revoked")
    func rotation() throws {
        var authority = try authority()
        let first = try authority.certificates()
        #expect(first.count == 1)
        try authority.prepareX509(now: Self.now)
        #expect(try authority.certificates().count == 2)
        #expect(try issuer(authority) == subject(first))
        authority.activateX509()
        #expect(try authority.certificates().count == 2)
        #expect(try issuer(authority) != subject(first))
        authority.revokeX509()
        #expect(try authority.certificates().count == 1)
        #expect(try issuer(authority) == subject(authority.certificates()))
        // What is prepared or revoked is told; what signs is not.
        #expect(authority.version == 3)
    }

    @Test("what was saved signs on")
    func restored() throws {
        var authority = try authority()
        try authority.prepareX509(now: Self.now)
        authority.rotateJWT(now: Self.now, keepsOld: true)
        var other = try self.authority()
        try other.restore(try authority.saved())
        #expect(try other.certificates() == authority.certificates())
        #expect(other.version == authority.version)
        #expect(try issuer(other) == issuer(authority))
        #expect(throws: (any Error).self) { try other.restore(Data("{}".utf8)) }
    }

    private func issuer(_ authority: TrustAuthority) throws -> DistinguishedName {
        let svid = try authority.issueX509SVID("spiffe://example.org/a", now: Self.now)
        return try Certificate(derEncoded: svid.certificate).issuer
    }

    private func subject(_ certificates: [[UInt8]]) throws -> DistinguishedName? {
        try certificates.first.map { try Certificate(derEncoded: $0).subject }
    }
}
