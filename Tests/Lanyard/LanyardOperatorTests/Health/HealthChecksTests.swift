import ControllerRuntime
import KubernetesModel
import Testing

@testable import LanyardOperator

@Suite("Health checks")
struct HealthChecksTests {
    private let checks = HealthChecks(
        endpoint: "readyz",
        checks: [.ping, HealthCheck("api-server") { nil }, HealthCheck("sync-widgets") { "Forbidden: user lanyard" }])

    @Test("that hold are answered with ok alone, and one by one if asked for")
    func healthy() {
        let healthy = HealthChecks(endpoint: "livez", checks: [.ping, HealthCheck("workers") { nil }])
        #expect(healthy.report().body == "ok")
        #expect(healthy.report(isVerbose: true).body == "[+]ping ok\n[+]workers ok\nlivez check passed\n")
        #expect(healthy.report().isHealthy)
    }

    @Test("that fail are named, with the reason for the log and not in the answer")
    func failing() {
        let report = checks.report()
        #expect(!report.isHealthy)
        #expect(
            report.body
                == "[+]ping ok\n[+]api-server ok\n[-]sync-widgets failed: reason withheld\nreadyz check failed\n")
        #expect(report.problems == ["ping": nil, "api-server": nil, "sync-widgets": "Forbidden: user lanyard"])
    }

    @Test("that are excluded are not asked; a name that does not exist is said")
    func excluded() {
        let report = checks.report(excluding: ["sync-widgets", "b", "a"], isVerbose: true)
        #expect(report.isHealthy)
        #expect(
            report.body == """
                [+]ping ok
                [+]api-server ok
                [+]sync-widgets excluded: ok
                warn: some health checks cannot be excluded: no matches for a,b
                readyz check passed

                """)
        #expect(report.problems["sync-widgets"] == nil)
    }

    @Test("are answered one alone by name, and not at all by another name")
    func single() {
        #expect(checks.report(of: "api-server")?.body == "ok")
        #expect(checks.report(of: "sync-widgets")?.body == "internal server error: reason withheld\n")
        #expect(checks.report(of: "sync-widgets")?.isHealthy == false)
        #expect(checks.report(of: "vault") == nil)
    }

    @Test(
        "a source is in sync once it was listed, unless its kind or the right to it is gone",
        arguments: [
            (true, nil, nil), (false, nil, "not listed yet"),
            (true, .unavailable, nil), (false, .unavailable, "Unavailable: why"),
            (true, .unauthorized, nil), (false, .unauthorized, "Unauthorized: why"),
            (true, .forbidden, "Forbidden: why"), (false, .forbidden, "Forbidden: why"),
            (true, .notServed, "NotServed: why"), (false, .notServed, "NotServed: why"),
        ] as [(Bool, SourceHealth.Reason?, String?)])
    func sync(hasSynced: Bool, reason: SourceHealth.Reason?, expected: String?) {
        let health = SourceHealth(hasSynced: hasSynced, problem: reason.map { .init($0, "why") })
        #expect(health.syncProblem == expected)
    }

    @Test(
        "the API server is out of reach when no source gets its answers",
        arguments: [
            ([], nil), ([nil, .unavailable], nil), ([.unavailable, .forbidden], nil),
            ([.unavailable, .unavailable], "Unavailable: why"), ([.unauthorized], "Unauthorized: why"),
        ] as [([SourceHealth.Reason?], String?)])
    func reachability(reasons: [SourceHealth.Reason?], expected: String?) {
        let sources = reasons.map { reason in
            SourceHealth(hasSynced: true, problem: reason.map { .init($0, "why") })
        }
        #expect(SourceHealth.reachabilityProblem(of: sources) == expected)
    }

    @Test(
        "workers are alive until one has been busy for ten times the limit of a pass",
        arguments: [(0, true), (60, true), (600, true), (601, false)])
    func workers(seconds: Int, isAlive: Bool) {
        let check = HealthCheck.workers(timeout: .seconds(60)) { .seconds(seconds) }
        #expect((check.problem() == nil) == isAlive)
    }
}
