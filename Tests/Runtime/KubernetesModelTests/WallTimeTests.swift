import FoundationEssentials
import KubernetesModel
import Testing

@Suite("WallTime")
struct WallTimeTests {
    @Test(
        "reads RFC 3339 times in whole seconds",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31T08:00:00Z", 1_769_846_400),
            ("2026-01-31T08:00:00.999999Z", 1_769_846_400), ("2026-01-31T09:00:00+01:00", 1_769_846_400),
        ] as [(String, Int64)])
    func parse(text: String, seconds: Int64) {
        #expect(WallTime(rfc3339: text)?.secondsSince1970 == seconds)
    }

    @Test("refuses other texts", arguments: ["", "yesterday", "2026-01-31", "2026-13-01T00:00:00Z"])
    func refuse(text: String) {
        #expect(WallTime(rfc3339: text) == nil)
    }

    @Test("writes the forms of metadata and of leases")
    func format() {
        let time = WallTime(secondsSince1970: 1_769_846_400)
        #expect(time.rfc3339 == "2026-01-31T08:00:00Z")
        #expect(time.rfc3339Micro == "2026-01-31T08:00:00.000000Z")
        #expect(WallTime(secondsSince1970: 1) < WallTime(secondsSince1970: 2))
    }

    @Test(
        "writes the form of HTTP",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_769_846_400, "Sat, 31 Jan 2026 08:00:00 GMT"), (1_769_932_800, "Sun, 01 Feb 2026 08:00:00 GMT"),
        ] as [(Int64, String)])
    func http(seconds: Int64, text: String) {
        #expect(WallTime(secondsSince1970: seconds).httpDate == text)
    }

    @Test(
        "writes every day as Foundation does",
        arguments: [
            // Ends of February and of the year around years with and without its 29th, and either side of 1970.
            -2_203_891_200, -86_401, -86_400, -1, 0, 951_782_399, 951_782_400, 951_868_800, 978_307_199, 1_709_164_800,
            1_709_251_199, 1_735_689_599, 1_735_689_600, 4_107_542_399, 4_107_542_400, 13_574_563_200, 253_402_300_799,
        ] as [Int64])
    func sameAsFoundation(seconds: Int64) {
        // And a year of days from there on.
        for second in stride(from: seconds, to: min(seconds + 367 * 86_400, 253_402_300_800), by: 86_399) {
            let expected = Date(timeIntervalSince1970: TimeInterval(second)).formatted(.iso8601)
            #expect(WallTime(secondsSince1970: second).rfc3339 == expected)
        }
    }

    @Test("keeps microseconds for leases, and leaves them out elsewhere")
    func fractions() {
        let time = WallTime(secondsSince1970: 1_769_846_400, microseconds: 4_321)
        #expect(time.rfc3339 == "2026-01-31T08:00:00Z")
        #expect(time.rfc3339Micro == "2026-01-31T08:00:00.004321Z")
        #expect(time > WallTime(secondsSince1970: 1_769_846_400, microseconds: 4_320))
        #expect(time < WallTime(secondsSince1970: 1_769_846_401))
        #expect(WallTime(secondsSince1970: 0, microseconds: 5_000_000).rfc3339Micro == "1970-01-01T00:00:00.999999Z")
        let (before, now) = (SystemClock().wallTime, SystemClock().wallTime)
        #expect(before <= now)
        #expect((0..<1_000_000).contains(now.microseconds))
    }
}
