import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("TokenPlanner")
struct TokenPlannerTests {
    private static func plan(_ change: (inout TokenSettings) -> Void) -> (fields: TokenFields, violations: [String]) {
        var token = TokenSettings()
        change(&token)
        let (fields, violations) = TokenPlanner.fields(for: token, policies: ["own"])
        return (fields, violations.map(\.field))
    }

    @Test("without settings, everything is the server's default")
    func defaults() {
        let (fields, violations) = TokenPlanner.fields(for: nil, policies: ["b", "a", "b"])
        #expect(fields == TokenFields(policies: ["a", "b"]))
        #expect(violations.isEmpty)
        #expect(Self.plan { _ in }.fields == TokenFields(policies: ["own"]))
    }

    @Test("settings become fields in seconds, policies sorted and once each")
    func settings() {
        let (fields, violations) = Self.plan {
            $0.ttl = "1h"
            $0.maxTTL = "24h"
            $0.explicitMaxTTL = "30m"
            $0.period = "90s"
            $0.numUses = 5
            $0.type = "service"
            $0.boundCIDRs = ["10.0.0.0/8", "10.0.0.1"]
            $0.noDefaultPolicy = true
            $0.extraPolicies = ["own", "base", "team/x"]
        }
        #expect(violations.isEmpty)
        var expected = TokenFields(
            ttl: 3600, maxTTL: 86_400, boundCIDRs: ["10.0.0.0/8", "10.0.0.1"], noDefaultPolicy: true,
            policies: ["base", "own", "team/x"])
        expected.explicitMaxTTL = 1800
        expected.period = 90
        expected.numUses = 5
        expected.type = "service"
        #expect(fields == expected)
    }

    @Test("what is wrong is named by its field")
    func violations() {
        #expect(Self.plan { $0.ttl = "x" }.violations == ["spec.token.ttl"])
        #expect(Self.plan { $0.maxTTL = "0s" }.violations == ["spec.token.maxTTL"])
        #expect(Self.plan { $0.explicitMaxTTL = "1.5s" }.violations == ["spec.token.explicitMaxTTL"])
        #expect(Self.plan { $0.period = "-1h" }.violations == ["spec.token.period"])
        #expect(Self.plan { $0.numUses = -1 }.violations == ["spec.token.numUses"])
        #expect(Self.plan { $0.numUses = .max }.violations == ["spec.token.numUses"])
        #expect(Self.plan { $0.type = "default-batch" }.violations == ["spec.token.type"])
        #expect(Self.plan { $0.boundCIDRs = ["10.0.0.1", "x"] }.violations == ["spec.token.boundCIDRs[1]"])
        #expect(Self.plan { $0.extraPolicies = ["root"] }.violations == ["spec.token.extraPolicies[0]"])
        let many = Array(repeating: "x", count: 10_000)
        #expect(Self.plan { $0.boundCIDRs = many }.violations == ["spec.token.boundCIDRs"])
        #expect(Self.plan { $0.extraPolicies = many }.violations == ["spec.token.extraPolicies"])
    }

    @Test("what the server refuses together is refused")
    func combinations() {
        let lifetimes = Self.plan {
            $0.ttl = "2h"
            $0.maxTTL = "1h"
        }
        #expect(lifetimes.violations == ["spec.token.ttl"])
        let batch = Self.plan {
            $0.type = "batch"
            $0.period = "1h"
            $0.numUses = 1
        }
        #expect(batch.violations == ["spec.token.period", "spec.token.numUses"])
    }
}
