import LanyardCore
import Testing

@Suite("RecordName")
struct RecordNameTests {
    private let longName = String(repeating: "a", count: 253)

    @Test("a record is named after its owner")
    func short() {
        #expect(RecordName.make(namespace: "shop", name: "web") == "shop.web")
    }

    @Test("owners that differ have records that differ, although names may contain dots")
    func injective() {
        let owners = [("a", "b.c"), ("a", "b"), ("a-b", "c"), ("a", "b-c"), ("b", "a")]
        let names = Set(owners.map { RecordName.make(namespace: $0.0, name: $0.1) })
        #expect(names.count == owners.count)
    }

    @Test("the record of a VaultMount has no dot, and so is never that of a binding")
    func clusterScoped() {
        #expect(RecordName.make(namespace: "", name: "pki") == "vaultmount-pki")
        #expect(RecordName.make(namespace: "vaultmount-pki", name: "a").contains("."))
    }

    @Test("the longest name that fits is kept as it is", arguments: [0, 1])
    func boundary(excess: Int) {
        let name = String(repeating: "a", count: 253 - "shop.".count + excess)
        let made = RecordName.make(namespace: "shop", name: name)
        #expect((made == "shop.\(name)") == (excess == 0))
        #expect(made.utf8.count <= 253)
    }

    @Test("a name that is too long is cut, stays distinct and is the same every time")
    func long() {
        let first = RecordName.make(namespace: "shop", name: longName)
        let second = RecordName.make(namespace: "shop", name: String(longName.dropLast()) + "b")
        #expect(first != second)
        #expect(first == RecordName.make(namespace: "shop", name: longName))
        #expect(first.utf8.count <= 253)
        #expect(first.hasPrefix("shop.aaa"))
    }

    @Test("a name is a DNS subdomain wherever it is cut", arguments: [".", "-", "-.-"])
    func cut(separator: String) {
        for offset in 0..<4 {
            // Only these characters where the name is cut.
            let count = 253 - offset
            let name = String((String(repeating: "a", count: 205 + offset) + repeated(separator)).prefix(count)) + "z"
            let made = RecordName.make(namespace: "shop", name: name)
            #expect(made.utf8.count <= 253)
            for label in made.split(separator: ".", omittingEmptySubsequences: false) {
                #expect(!label.isEmpty && label.first != "-" && label.last != "-", "\(made)")
            }
        }
    }

    private func repeated(_ text: String) -> String { String(repeating: text, count: 100) }
}
