import TestSupport
import Testing

@testable import LanyardCore

@Suite("PolicyDocument, over random input")
struct PolicyDocumentPropertyTests {
    /// Pieces that have a meaning somewhere between a spec and a server.
    private static let pieces = [
        "secret", "/", "/", "*", "+", ".", "..", "\"", "\\", "$", "{", "}", "${", "{{", "}}", "%2f", "\n", "\r\n",
        "\u{0}", "\u{1B}", "é", "e\u{301}", "\u{212A}", "\u{202E}", "\u{1F600}", " ", "#", "//", "/*", "a", "b-c",
        "sys", "data", "\\u0024", "\\x2a", "]", "[", ",", "=", "path", "capabilities", "\u{7F}", "<<EOF",
    ]

    private static func text(_ random: inout SplitMix64, upTo count: Int) -> String {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in random.pick(pieces, or: "a") }.joined()
    }

    /// Printable ASCII, which is all that the planner lets through, and control characters, which it does not.
    private static func ascii(_ random: inout SplitMix64, upTo count: Int) -> String {
        let scalars = (0..<Int.random(in: 0...count, using: &random)).map { _ in
            Unicode.Scalar(UInt8.random(in: 1...0x7F, using: &random))
        }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func parameters(_ random: inout SplitMix64) -> [String: [String]] {
        var parameters: [String: [String]] = [:]
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let values = (0..<Int.random(in: 0...3, using: &random)).map { _ in ascii(&random, upTo: 8) }
            parameters[ascii(&random, upTo: 6)] = values
        }
        return parameters
    }

    private static func rule(_ random: inout SplitMix64) -> PolicyRule {
        let path = ascii(&random, upTo: 12)
        return PolicyRule(
            // The server strips a leading slash, so that none is ever written.
            path: path.hasPrefix("/") ? "x" + path : path,
            capabilities: Set(Capability.allCases.filter { _ in Bool.random(using: &random) }),
            allowedParameters: parameters(&random), deniedParameters: parameters(&random),
            requiredParameters: Set(parameters(&random).keys),
            minWrappingTTL: Bool.random(using: &random) ? Int.random(in: 0...99, using: &random) : nil,
            maxWrappingTTL: Bool.random(using: &random) ? Int.random(in: 0...99, using: &random) : nil)
    }

    @Test("random rules are the same after they were rendered and parsed", arguments: [1, 2, 3, 4] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let rules = (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.rule(&random) }
            let document = PolicyDocument(merging: rules)
            let text = document.hcl(comment: Self.text(&random, upTo: 10))
            let parsed = try PolicyDocument(parsing: text)
            #expect(parsed == document)
            #expect(document.differences(from: parsed).isEmpty)
            #expect(PolicyDocument(merging: rules.shuffled(using: &random)) == document)
        }
    }

    @Test("a change to any rule is a difference", arguments: [5, 6] as [UInt64])
    func changes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let left = PolicyDocument(merging: (0..<3).map { _ in Self.rule(&random) })
            let right = PolicyDocument(merging: left.rules.dropLast() + [Self.rule(&random)])
            #expect(left.differences(from: right).isEmpty == (left == right))
        }
    }

    @Test("an attack in a path is refused or comes back byte by byte", arguments: [7, 8] as [UInt64])
    func attacks(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var accepted = 0
        for _ in 0..<20_000 {
            let path = Self.text(&random, upTo: 6)
            guard VaultPathRule.violation(inPolicyPath: path) == nil else { continue }
            accepted += 1
            let rules = [
                PolicyRule(path: path, capabilities: [.read]), PolicyRule(path: "zz/guard", capabilities: [.deny]),
            ]
            let parsed = try PolicyDocument(parsing: PolicyDocument(merging: rules).hcl(comment: path))
            #expect(parsed.rules.map { Array($0.path.utf8) } == rules.map { Array($0.path.utf8) }.sorted(by: <))
            #expect(path.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
        #expect(accepted > 100)
    }

    @Test("the parser takes any bytes without trapping", arguments: [9, 10, 11, 12] as [UInt64])
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let base = "path \"kv/a\" { capabilities = [\"read\"] allowed_parameters = { \"a\" = [\"b\"] } } # c\n"
        var parsed = 0
        for index in 0..<5000 {
            var bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if index % 3 == 1 { bytes = Array(Self.text(&random, upTo: 20).utf8) }
            if index % 3 == 2 {
                bytes = Array(base.utf8)
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: 0x09...0x7E, using: &random)
                }
                bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            }
            if (try? PolicyDocument(parsing: String(decoding: bytes, as: UTF8.self))) != nil { parsed += 1 }
        }
        #expect((1..<5000).contains(parsed))
    }
}

private func < (left: [UInt8], right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }
