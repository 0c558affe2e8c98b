import KubernetesModel
import KubernetesTesting
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

    @Test("orders random numbers as numbers are ordered, and texts that are none not at all", arguments: 0..<20)
    func property(seed: Int) {
        let random = SeededRandomSource(seed: UInt64(seed))
        func below(_ bound: UInt64) -> Int { Int(random.next() % bound) }
        func number() -> [Int] { [1 + below(9)] + (0..<below(24)).map { _ in below(10) } }
        func version(_ digits: [Int]) -> ResourceVersion { ResourceVersion(digits.map(String.init).joined()) }
        /// Digit by digit, after zeros in front.
        func isAtLeast(_ left: [Int], _ right: [Int]) -> Bool {
            func padded(_ digits: [Int]) -> [Int] { Array(repeating: 0, count: 30 - digits.count) + digits }
            return !padded(left).lexicographicallyPrecedes(padded(right))
        }
        for _ in 0..<500 {
            let left = number()
            // Often the same, or almost.
            var right = below(3) == 0 ? number() : left
            if below(2) == 0 { right[below(UInt64(right.count))] = 1 + below(9) }
            #expect(version(left).isAtLeast(version(right)) == isAtLeast(left, right))
            #expect(version(right).isAtLeast(version(left)) == isAtLeast(right, left))

            var text = version(left).text
            text.insert(Array("-+. x٣é")[below(7)], at: text.startIndex)
            #expect(ResourceVersion(text).isAtLeast(version(right)) == nil)
            #expect(version(right).isAtLeast(ResourceVersion(text)) == nil)
            #expect(ResourceVersion(text).isAtLeast(ResourceVersion(text)) == true)
        }
    }
}
