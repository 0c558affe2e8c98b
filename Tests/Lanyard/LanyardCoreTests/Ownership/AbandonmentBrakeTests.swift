import LanyardCore
import Testing

@Suite("AbandonmentBrake")
struct AbandonmentBrakeTests {
    @Test("a namespace waits when a hundred more have something than there are", arguments: [0, 1, 5_000])
    func limit(objects: Int) throws {
        func refusal(_ holders: Int) -> String? {
            AbandonmentBrake.refusal(
                holders: holders, objects: objects, kind: "VaultRoleBinding", namespace: "shop")
        }
        #expect(refusal(0) == nil && refusal(objects + 99) == nil)
        let told = try #require(refusal(objects + 100))
        #expect(told.contains("has to wait: namespace shop has abandoned what at least 100 objects"))
    }
}
