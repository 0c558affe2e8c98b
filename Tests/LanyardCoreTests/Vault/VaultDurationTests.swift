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

@Suite("IPNetwork")
struct IPNetworkTests {
    @Test(
        "two notations of one network are equal",
        arguments: [
            ("10.0.0.1", "10.0.0.1/32"), ("2001:DB8::1", "2001:db8:0:0:0:0:0:1/128"), ("::", "0:0:0:0:0:0:0:0"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::1", "0::1"), ("fe80::/10", "FE80:0::/10"),
        ])
    func equal(left: String, right: String) {
        let network = IPNetwork(left)
        #expect(network != nil)
        #expect(network == IPNetwork(right))
    }

    @Test(
        "two networks differ",
        arguments: [("10.0.0.1/8", "10.0.0.0/8"), ("10.0.0.0/8", "10.0.0.0/9"), ("0.0.0.0", "::"), ("::1", "1::")])
    func different(left: String, right: String) {
        let networks = [IPNetwork(left), IPNetwork(right)]
        #expect(!networks.contains(nil))
        #expect(networks.first != networks.last)
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "/", "10.0.0", "10.0.0.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
            "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1:80", "+1.0.0.0", "-1.0.0.0", ":", ":::", "1::2::3", "12345::",
            "g::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::/129", "::ffff:10.0.0.1", "::ffff:a00:1", "fe80::1%eth0",
            "*", "localhost", "/tmp/socket", "10.0.0.١", "1:2:3:4:5:6:7:8::", "-1::", "+1::",
        ])
    func refused(text: String) {
        #expect(IPNetwork(text) == nil)
    }
}
