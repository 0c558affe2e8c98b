import FoundationEssentials
import Testing

@Suite("The contract")
struct ContractCoverageTests {
    @Test("every case of the reference has a test that is named by its number")
    func numbers() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        var numbers: Set<Int> = []
        var extras: Set<Int> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix("Tests.swift")
        {
            let text = String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
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
    }
}
