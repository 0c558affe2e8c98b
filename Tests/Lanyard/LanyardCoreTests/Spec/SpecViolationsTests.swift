import LanyardAPI
import LanyardCore
import Testing

@Suite("SpecViolations")
struct SpecViolationsTests {
    private func violation(_ field: String, _ kind: SpecViolation.Kind = .invalid) -> SpecViolation {
        SpecViolation(kind: kind, field: field, message: "must be better")
    }

    @Test("there are none without a violation")
    func empty() {
        #expect(SpecViolations([]) == nil)
    }

    @Test("the message names every field, in order")
    func message() throws {
        let violations = try #require(SpecViolations([violation("spec.b"), violation("spec.a")]))
        #expect(violations.message == "spec.b: must be better; spec.a: must be better")
    }

    @Test("a long message ends with how many more there are")
    func longMessage() throws {
        let violations = try #require(SpecViolations((0..<500).map { violation("spec.selectors[\($0)]") }))
        let message = violations.message
        let shown = message.components(of: "must be better")
        #expect(message.utf8.count <= 1_024)
        #expect(shown > 20)
        #expect(message.hasSuffix("; and \(500 - shown) more"))
    }

    @Test("one endless violation is cut, not left out")
    func endlessViolation() throws {
        let endless = SpecViolation(kind: .invalid, field: "spec.a", message: String(repeating: "é", count: 5_000))
        let violations = try #require(SpecViolations([endless, violation("spec.b")]))
        #expect(violations.message.hasPrefix("spec.a: ééé"))
        #expect(violations.message.hasSuffix("…; spec.b: must be better"))
        #expect(violations.message.utf8.count <= 1_024)
    }

    @Test("what is invalid comes before what a boundary would have to allow")
    func reason() throws {
        let outside = violation("spec.a", .outsideBoundary)
        #expect(try #require(SpecViolations([outside])).reason == .outsideBoundary)
        #expect(try #require(SpecViolations([outside, violation("spec.b")])).reason == .invalidSpec)
    }
}

extension String {
    /// How often another text occurs.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
