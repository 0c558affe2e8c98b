import KubernetesModel
import Testing

@Suite("KubernetesDuration")
struct KubernetesDurationTests {
    @Test(
        "parses what Go parses, exactly",
        arguments: [
            ("0", Duration.zero), ("0s", .zero), ("1h30m", .seconds(5400)), ("90s", .seconds(90)),
            ("1.5h", .seconds(5400)), ("250ms", .milliseconds(250)), ("1m0.1s", .milliseconds(60_100)),
            ("-1h", .seconds(-3600)), ("+2m", .seconds(120)), (".5s", .milliseconds(500)), ("1.s", .seconds(1)),
            ("3us", .microseconds(3)), ("3µs", .microseconds(3)), ("3\u{03BC}s", .microseconds(3)),
            ("7ns", .nanoseconds(7)), ("0.1s", .milliseconds(100)), ("1h1h", .seconds(7200)),
            ("9223372036854775807ns", .nanoseconds(Int64.max)), ("2562047h", .seconds(9_223_369_200)),
        ])
    func parse(text: String, expected: Duration) {
        #expect(KubernetesDuration.parse(text) == expected)
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", " ", "1", "h", "1d", "1 h", "1h ", " 1h", "1h-5m", "--1h", "-", ".", ".s", "1.2.3s", "1e3s", "0x1s",
            "1H", "١s",
            "9223372036854775808ns", "2562048h", "99999999999999999999999999999999999999999999h",
            "170141183460469231731687303715884105727h", "1h9223372036854775807ns", "0.0000000000000000001s",
            "0.00000000000000000000000000000000000000000s",
        ])
    func refuse(text: String) {
        #expect(KubernetesDuration.parse(text) == nil)
    }

    @Test(
        "formats with the largest units first, so that parsing gives the same duration",
        arguments: [
            (Duration.zero, "0s"), (.seconds(5400), "1h30m"), (.seconds(90), "1m30s"), (.milliseconds(250), "250ms"),
            (.seconds(-3600), "-1h"), (.milliseconds(1500), "1s500ms"), (.nanoseconds(1_002_003), "1ms2µs3ns"),
            (.seconds(3 * 86_400), "72h"),
        ])
    func format(duration: Duration, expected: String) {
        #expect(KubernetesDuration.format(duration) == expected)
        #expect(KubernetesDuration.parse(expected) == duration)
    }
}
