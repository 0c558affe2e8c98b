import TestSupport
import Testing

@Suite("The contract")
struct ContractCoverageTests {
    @Test("every case has a test that is named by its number, and a line in docs/emulator.md")
    func numbers() throws {
        var numbers: Set<Int> = []
        var extras: Set<Int> = []
        for name in try Checkout.files(ending: "Tests.swift", in: "Tests/Testing/SPIREEmulatorTests/Contract") {
            let text = try Checkout.text(name)
            for match in text.matches(of: /@Test\(\s*"((?:extra )?[0-9][0-9, \-a-z]*):/) {
                for part in match.output.1.split(separator: ",") {
                    let words = part.split(separator: " ")
                    guard let last = words.last else { continue }
                    let ends = last.split(separator: "-").compactMap { Int($0) }
                    let first = try #require(ends.first, "\(name): \(part)")
                    let range = first...(ends.last ?? first)
                    if words.first == "extra" { extras.formUnion(range) } else { numbers.formUnion(range) }
                }
            }
        }
        #expect(numbers == Set(1...43))
        #expect(extras == Set(1...4))
        let cases = numbers.sorted().map { "\($0)" } + extras.sorted().map { "extra \($0)" }
        #expect(try Checkout.firstCells(of: "docs/emulator.md", section: "The cases") == cases)
    }
}
