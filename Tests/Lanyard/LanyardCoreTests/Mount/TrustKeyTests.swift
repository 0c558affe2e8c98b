import LanyardCore
import TestSupport
import Testing

@Suite("TrustKey")
struct TrustKeyTests {
    private static let rsa: [UInt8] =
        [
            0x30, 0x82, 0x01, 0x14, 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05,
            0x00,
        ]
        + [0x03, 0x82, 0x01, 0x01, 0x00] + [UInt8](repeating: 1, count: 256)

    @Test("an EC and an RSA key become PEM with lines of 64 characters")
    func pem() throws {
        let text = try #require(TrustKey.sample().pem)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "-----BEGIN PUBLIC KEY-----" && lines.last == "-----END PUBLIC KEY-----")
        // The beginning that every P-256 key has.
        #expect(lines[1].hasPrefix("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"))
        #expect(lines.dropFirst().dropLast().map(\.count) == [64, 60])
        #expect(TrustKey(keyID: "r", publicKey: Self.rsa).pem?.contains("BgkqhkiG9w0BAQE") == true)
    }

    @Test("another algorithm, bytes that are cut off, and bytes too many are no key")
    func malformed() {
        let good = TrustKey.sample().publicKey
        for count in 0..<good.count {
            #expect(TrustKey(keyID: "x", publicKey: Array(good.prefix(count))).pem == nil)
        }
        #expect(TrustKey(keyID: "x", publicKey: good + [0]).pem == nil)
        for count in 0..<Self.rsa.count {
            #expect(TrustKey(keyID: "x", publicKey: Array(Self.rsa.prefix(count))).pem == nil)
        }
        let ed25519: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        #expect(TrustKey(keyID: "x", publicKey: ed25519 + [UInt8](repeating: 1, count: 32)).pem == nil)
        #expect(TrustKey(keyID: "x", publicKey: [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]).pem == nil)
    }

    @Test("any change of a byte before the key itself makes it none, or the same kind of key")
    func mutated() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2_000 {
            var bytes = TrustKey.sample().publicKey
            let index = Int.random(in: 0..<bytes.count, using: &random)
            bytes[index] = UInt8.random(in: 0...255, using: &random)
            let pem = TrustKey(keyID: "x", publicKey: bytes).pem
            #expect(pem == nil || pem?.hasSuffix("-----END PUBLIC KEY-----") == true)
        }
    }
}
