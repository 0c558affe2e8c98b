import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("TokenLimit")
struct TokenLimitTests {
    /// A role's lifetimes, and what they become under a cap of an hour.
    struct Case: Sendable, CustomTestStringConvertible {
        let actual: Lives
        var allowsPeriod = false
        /// Nil: nothing is written.
        let wanted: Lives?

        var testDescription: String { "\(actual) \(allowsPeriod)" }
    }

    struct Lives: Equatable, Sendable {
        var ttl = 0
        var max = 0
        var explicit = 0
        var period = 0

        var members: [String: JSONValue] {
            [
                "token_ttl": .integer(Int64(ttl)), "token_max_ttl": .integer(Int64(max)),
                "token_explicit_max_ttl": .integer(Int64(explicit)), "token_period": .integer(Int64(period)),
            ]
        }
    }

    private static let cases: [Case] = [
        Case(actual: Lives(ttl: 600, max: 1800, explicit: 900), wanted: nil),
        Case(actual: Lives(max: 3600), wanted: nil),
        Case(actual: Lives(max: 86_400), wanted: Lives(max: 3600)),
        Case(
            actual: Lives(ttl: 7200, max: 86_400, explicit: 7200), wanted: Lives(ttl: 3600, max: 3600, explicit: 3600)),
        Case(actual: Lives(ttl: 600, max: 1800, explicit: 7200), wanted: Lives(ttl: 600, max: 1800, explicit: 3600)),
        // What says nothing has the server's default.
        Case(actual: Lives(), wanted: Lives(max: 3600)),
        Case(actual: Lives(explicit: 600), wanted: Lives(max: 3600, explicit: 600)),
        // Tokens for ever end where they are not allowed.
        Case(actual: Lives(period: 600), wanted: Lives(max: 3600)),
        Case(actual: Lives(max: 1800, period: 600), wanted: Lives(max: 1800)),
        Case(actual: Lives(period: 600), allowsPeriod: true, wanted: nil),
        Case(actual: Lives(period: 86_400), allowsPeriod: true, wanted: Lives(period: 3600)),
        Case(actual: Lives(max: 86_400, period: 600), allowsPeriod: true, wanted: Lives(max: 3600, period: 600)),
        Case(actual: Lives(), allowsPeriod: true, wanted: Lives(max: 3600)),
    ]

    private func limit(allowsPeriod: Bool = false) throws -> TokenLimit {
        let boundary = IdentityBoundary.sample {
            $0.vault?.maxTokenTTL = "1h"
            $0.vault?.allowPeriodicTokens = allowsPeriod
        }
        return TokenLimit(of: try .sample([boundary]))
    }

    @Test("lifetimes are lowered to the cap, and never raised; nothing else is written", arguments: cases)
    func lowering(_ row: Case) throws {
        var role = row.actual.members
        role["token_policies"] = ["web"]
        role["bound_service_account_names"] = ["web"]
        let lowering = try limit(allowsPeriod: row.allowsPeriod).lowering(.object(role))
        #expect(lowering?.body == row.wanted.map { .object($0.members) })
        #expect(lowering?.differences.isEmpty != true)
    }

    @Test("the differences name what is lowered")
    func differences() throws {
        let lowering = try limit().lowering(.object(Lives(ttl: 600, max: 86_400).members))
        #expect(lowering?.differences == [FieldDifference(field: "token_max_ttl", summary: "24h, wanted 1h")])
    }

    @Test("a lifetime is read in any notation, and is too long in none that is known")
    func notations() throws {
        #expect(try limit().lowering(["token_max_ttl": "30m"]) == nil)
        for value: JSONValue in ["24h", "for ever", [:]] {
            #expect(try limit().lowering(["token_max_ttl": value])?.body["token_max_ttl"] == 3600)
        }
    }

    @Test("a role of the JWT method stays one")
    func jwt() throws {
        let role = JWTAuthRole(
            boundSubject: "spiffe://example.org/ns/shop/sa/web", audiences: ["vault"],
            token: TokenFields(maxTTL: 86_400))
        let body = try #require(try limit().lowering(role.body)?.body.object)
        var expected = Lives(max: 3600).members
        expected["role_type"] = "jwt"
        #expect(body == expected)
    }

    @Test("a life that is known says whether roles have to be looked at")
    func life() throws {
        let limit = try limit()
        #expect(limit.allows(life: 3600))
        #expect(!limit.allows(life: 3601))
        #expect(!limit.allows(life: TokenLife.endless))
    }
}
