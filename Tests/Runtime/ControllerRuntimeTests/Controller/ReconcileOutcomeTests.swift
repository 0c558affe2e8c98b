import KubernetesClient
import Testing

@testable import ControllerRuntime

@Suite("ReconcileOutcome")
struct ReconcileOutcomeTests {
    struct Failure: Error {}

    @Test("success ends the backoff, with or without a time for the next look")
    func results() {
        #expect(ReconcileOutcome(.done).followUp == .forget)
        #expect(ReconcileOutcome(.done).label == .success)
        let later = ReconcileOutcome(.requeue(after: .seconds(3), priority: .low))
        #expect(later.followUp == .forgetAndAdd(after: .seconds(3), .low))
        #expect(later.label == .requeueAfter)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let error: any Error
        var isStopping = false
        let label: ReconcileOutcome.Label?
        let followUp: ReconcileOutcome.FollowUp
        let severity: ReconcileOutcome.Severity
    }

    static let cases = [
        Case(
            testDescription: "any error", error: Failure(), label: .error, followUp: .addRateLimited, severity: .failure
        ),
        Case(
            testDescription: "a time set by the dependency", error: RetryAfter(.seconds(9), cause: Failure()),
            label: .error, followUp: .add(after: .seconds(9)), severity: .failure),
        Case(
            testDescription: "an error that repeating cannot cure", error: TerminalError(Failure()), label: .error,
            followUp: .forget, severity: .terminal),
        Case(
            testDescription: "too slow", error: DeadlineExceeded(timeout: .seconds(1)), label: .error,
            followUp: .addRateLimited, severity: .timeout),
        Case(
            testDescription: "a conflict is no error", error: KubernetesError(.conflict, ""), label: .requeue,
            followUp: .addRateLimited, severity: .conflict),
        Case(
            testDescription: "another API error", error: KubernetesError(.notFound, ""), label: .error,
            followUp: .addRateLimited, severity: .failure),
        Case(
            testDescription: "cancelled because the worker stops", error: CancellationError(), isStopping: true,
            label: nil, followUp: .drop, severity: .stopped),
        Case(
            testDescription: "cancelled for its own reasons", error: CancellationError(), label: .error,
            followUp: .addRateLimited, severity: .failure),
        Case(
            testDescription: "an error while the worker stops", error: Failure(), isStopping: true, label: .error,
            followUp: .addRateLimited, severity: .failure),
    ]

    @Test("each kind of error has its own consequence", arguments: cases)
    func errors(_ testCase: Case) {
        let outcome = ReconcileOutcome(testCase.error, isStopping: testCase.isStopping)
        #expect(outcome.label == testCase.label)
        #expect(outcome.followUp == testCase.followUp)
        #expect(outcome.severity == testCase.severity)
    }
}
