import KubernetesModel
import Testing

@Suite("RandomSource")
struct RandomSourceTests {
    /// The same bits each time.
    private struct Fixed: RandomSource {
        let bits: UInt64

        func next() -> UInt64 { bits }
    }

    @Test(
        "a UUID has version and variant, and otherwise the bits that were drawn",
        arguments: [
            (0, "00000000-0000-4000-8000-000000000000"), (.max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
            (0x0123_4567_89AB_CDEF, "01234567-89ab-4def-8123-456789abcdef"),
        ] as [(UInt64, String)])
    func bits(drawn: UInt64, uuid: String) {
        #expect(Fixed(bits: drawn).uuid() == uuid)
    }

    @Test("those of this process differ, and not only from each other")
    func system() {
        let environment = Environment.system
        #expect(Set((0..<1_000).map { _ in environment.makeUUID() }).count == 1_000)
        #expect(environment.makeUUID() != Fixed(bits: 0).uuid())
    }
}
