import LanyardAPI
import LanyardCore
import Testing

@Suite("ListingPolicy")
struct ListingPolicyTests {
    private let policy = ListingPolicy(interval: .seconds(600))

    @Test(
        "point reads are taken where ours are few among many",
        arguments: [
            (10, 10, 0, ListingPolicy.Round.listing), (19, 100, 0, .pointReads), (20, 100, 0, .listing),
            (1, 6, 4, .pointReads), (1, 6, 5, .listing), (0, 1, 0, .pointReads), (0, 0, 0, .listing),
            (10_000, 10_001, 0, .listing), (50, 300_000, 2, .pointReads),
        ])
    func rounds(owned: Int, total: Int, since: Int, expected: ListingPolicy.Round) {
        #expect(policy.nextRound(owned: owned, total: total, roundsSinceListing: since) == expected)
    }

    @Test("the first round is a listing, whatever there is")
    func first() {
        #expect(policy.nextRound(owned: 0, total: nil, roundsSinceListing: 0) == .listing)
    }

    @Test("parts are spread evenly over the interval; many differences end the pauses")
    func pauses() {
        #expect(policy.pause(parts: 20, differences: 0) == .seconds(30))
        #expect(policy.pause(parts: 20, differences: 9) == .seconds(30))
        #expect(policy.pause(parts: 20, differences: 10) == .zero)
        #expect(policy.pause(parts: 0, differences: 0) == .seconds(600))
    }
}
