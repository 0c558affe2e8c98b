import Testing

@testable import LanyardCore

@Suite("SourceDigest")
struct SourceDigestTests {
    @Test(
        "what is written anew: what was never written, and what another source was digested for with the same key",
        arguments: [
            (nil, "k1:aa", true), (nil, "aa", true), ("k1:aa", "k1:aa", false), ("k1:aa", "k1:bb", true),
            ("k1:aa", "k2:aa", false), ("k1:aa", "k2:bb", false), ("aa", "aa", false), ("aa", "bb", true),
            // A digest without a key is of no secret; one of a secret does not compare with it.
            ("aa", "k1:aa", false), ("k1:aa", "aa", false), ("", "k1:aa", false), (":aa", ":bb", true),
        ] as [(String?, String, Bool)])
    func change(recorded: String?, current: String, isChanged: Bool) {
        #expect(SourceDigest.isChanged(from: recorded, to: current) == isChanged)
    }

    @Test("two secrets have one digest, which changes with either, with their order, and keeps their key")
    func combined() {
        let digest = SourceDigest.combined("k1:aa", "k1:bb")
        #expect(digest.hasPrefix("k1:"))
        #expect(digest == SourceDigest.combined("k1:aa", "k1:bb"))
        for other in [("k1:ab", "k1:bb"), ("k1:aa", "k1:ba"), ("k1:bb", "k1:aa")] {
            #expect(SourceDigest.isChanged(from: digest, to: SourceDigest.combined(other.0, other.1)))
        }
        #expect(!SourceDigest.isChanged(from: digest, to: SourceDigest.combined("k2:aa", "k2:bb")))
        #expect(!SourceDigest.combined("aa", "bb").contains(":"))
    }
}
