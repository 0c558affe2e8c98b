import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("VaultDuration")
struct VaultDurationTests {
    @Test(
        "what a server writes or accepts becomes whole seconds, fractions cut off",
        arguments: [
            (nil, 0), (.null, 0), ("", 0), (90, 90), ("90", 90), ("1h30m", 5400), ("1.5h", 5400), ("2d", 172_800),
            ("1500ms", 1), ("500ms", 0), ("1us", 0), ("1µs", 0), ("999999999ns", 0), (" 1m ", 60), (.number(60), 60),
            ("0.5s0.5s", 1), (".5m", 30), ("1.000000001h", 3600), (-1, -1),
        ] as [(JSONValue?, Int)])
    func server(value: JSONValue?, expected: Int) {
        #expect(VaultDuration.seconds(value) == expected)
    }

    @Test(
        "what is no duration is none, and never zero",
        arguments: [
            "1w", "1d12h", "h", ".s", "1", "1h-5m", "-1h", "+1h", "1 h", "x", "99999999999999999999", "3000000h", "1.2",
            "99999999999999999999d", "9223372036854775807d", "1h1", "9223372037s",
        ].filter { $0 != "1" })
    func noServerDuration(text: String) {
        #expect(VaultDuration.seconds(.string(text)) == nil)
    }

    @Test("other types are no duration", arguments: [true, [], [:], .number(1.5), .number(1e300)] as [JSONValue])
    func otherTypes(value: JSONValue) {
        #expect(VaultDuration.seconds(value) == nil)
    }

    @Test(
        "a duration of a spec is whole seconds above zero",
        arguments: [("1h30m", 5400), ("90s", 90), ("1.5h", 5400), ("1000ms", 1), ("1h0m1s", 3601)])
    func spec(text: String, expected: Int) {
        #expect(VaultDuration.seconds(ofSpec: text) == .success(expected))
    }

    @Test(
        "any other text of a spec is refused",
        arguments: [
            "", "0", "0s", "1", "90", "1d", "500ms", "1500ms", "1ns", "-1h", "+1h", " 1h", "1h ", "1H", "١h",
            "596524h", "2562048h", "99999999999999999999h", String(repeating: "1s", count: 40), "1h\u{0}",
        ])
    func refusedSpec(text: String) throws {
        guard case .failure(let violation) = VaultDuration.seconds(ofSpec: text) else {
            Issue.record("accepted")
            return
        }
        #expect(violation.message.hasPrefix("must "))
    }

    @Test(
        "numbers of seconds read as people write them",
        arguments: [(0, "0s"), (90, "1m30s"), (86_400, "24h"), (-1, "-1s")])
    func text(seconds: Int, expected: String) {
        #expect(VaultDuration.text(seconds) == expected)
    }
}
