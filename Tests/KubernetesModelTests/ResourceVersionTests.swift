import KubernetesModel
import Testing

@Suite("ResourceVersion")
struct ResourceVersionTests {
    @Test(
        "orders decimal numbers of any length",
        arguments: [
            ("2", "1", true), ("1", "2", false), ("10", "9", true), ("9", "10", false), ("7", "7", true),
            ("18446744073709551616", "18446744073709551615", true),
        ] as [(String, String, Bool)])
    func order(left: String, right: String, expected: Bool) {
        #expect(ResourceVersion(left).isAtLeast(ResourceVersion(right)) == expected)
    }

    @Test(
        "does not order anything else",
        arguments: [("01", "1"), ("-1", "1"), ("", "1"), ("a", "b"), ("0", "1"), ("1.5", "1"), ("1", "١")])
    func incomparable(left: String, right: String) {
        #expect(ResourceVersion(left).isAtLeast(ResourceVersion(right)) == nil)
        #expect(ResourceVersion(right).isAtLeast(ResourceVersion(left)) == nil)
    }

    @Test("is at least itself, even when it is no number")
    func equality() {
        #expect(ResourceVersion("x").isAtLeast(ResourceVersion("x")) == true)
    }
}
