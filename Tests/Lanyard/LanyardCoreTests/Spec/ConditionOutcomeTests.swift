import LanyardAPI
import LanyardCore
import Testing

@Suite("ConditionOutcome of several objects")
struct ConditionOutcomeTests {
    private let fine = ConditionOutcome.holds(.synced, "fine")
    private let drift = ConditionOutcome.fails(.driftDetected, "drifted")
    private let refusal = ConditionOutcome.fails(.rejected, "refused")

    @Test("reported drift hides no failure behind it, in whatever order they come")
    func reportedDrift() {
        for outcomes in [[fine, drift, refusal], [refusal, drift], [drift, refusal, fine]] {
            #expect(ConditionOutcome.worst(of: outcomes) == refusal)
            let summary = ConditionOutcome.summary(of: outcomes)
            #expect(summary?.reason == .rejected && summary?.message == "refused; drifted")
        }
        #expect(ConditionOutcome.worst(of: [fine, drift]) == drift)
        #expect(ConditionOutcome.worst(of: [fine]) == nil && ConditionOutcome.worst(of: []) == nil)
    }

    @Test("all well is all well, and nothing is nothing")
    func well() {
        #expect(ConditionOutcome.summary(of: [fine, fine]) == fine)
        #expect(ConditionOutcome.summary(of: []) == nil)
    }

    @Test("three troubles are told, each once, and how many there are besides")
    func many() {
        let troubles = (0..<6).map { ConditionOutcome.fails(.rejected, "trouble \($0)") }
        #expect(
            ConditionOutcome.summary(of: troubles + [troubles[0]])?.message
                == "trouble 0; trouble 1; trouble 2; and 3 more")
        #expect(ConditionOutcome.summary(of: [refusal, refusal]) == refusal)
    }
}
