import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("RetryPolicy")
struct RetryPolicyTests {
    private func delay(
        _ code: KubernetesError.Code, http: Int? = nil, after: Duration? = nil, isRepeatable: Bool = false,
        failures: Int = 1, remaining: Duration = .seconds(30), spread: Double = 0
    ) -> Duration? {
        RetryPolicy.delay(
            after: KubernetesError(code, "x", httpStatus: http, retryAfter: after), isRepeatable: isRepeatable,
            failures: failures, remaining: remaining, unit: (spread + 1) / 2)
    }

    @Test("waits as long as the server asks, with ten per cent of spread, for any method")
    func hint() {
        #expect(delay(.tooManyRequests, http: 429, after: .seconds(10)) == .seconds(10))
        #expect(delay(.serverError, http: 503, after: .seconds(10), spread: 1) == .seconds(11))
        #expect(delay(.serverError, http: 500, after: .seconds(10), spread: -1) == .seconds(9))
        #expect(delay(.tooManyRequests, http: 429, after: .seconds(1), failures: 10) != nil)
        #expect(delay(.tooManyRequests, http: 429, after: .seconds(1), failures: 11) == nil)
    }

    @Test("does not wait beyond the deadline")
    func deadline() {
        #expect(delay(.tooManyRequests, after: .seconds(30), remaining: .seconds(30)) == nil)
    }

    @Test("repeats without a hint only what does no harm twice, and only a few times")
    func withoutHint() {
        #expect(delay(.unreachable) == nil)
        #expect(delay(.unreachable, isRepeatable: true) == .milliseconds(100))
        #expect(delay(.unreachable, isRepeatable: true, failures: 3) == .milliseconds(400))
        #expect(delay(.unreachable, isRepeatable: true, failures: 4) == nil)
        #expect(delay(.serverError, http: 503) == nil)
        #expect(delay(.serverError, http: 503, isRepeatable: true) != nil)
        #expect(delay(.serverError, http: 504, isRepeatable: true) != nil)
        #expect(delay(.serverError, http: 502, isRepeatable: true) == nil)
        #expect(delay(.serverError, http: 500, isRepeatable: true) == nil)
    }

    @Test(
        "never repeats what another try cannot change",
        arguments: [
            KubernetesError.Code.timeout, .unauthorized, .forbidden, .notFound, .notServed, .alreadyExists, .conflict,
            .expired, .resourceVersionTooLarge, .invalid, .badRequest, .malformedAnswer,
        ])
    func final(code: KubernetesError.Code) {
        #expect(delay(code, after: .seconds(1), isRepeatable: true) == nil)
    }
}
