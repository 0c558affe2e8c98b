public import FoundationEssentials

/// Spoils bytes in the ways in which a network, a disk or an attacker may, reproducibly from a seed: for tests that no
/// decoder traps, whatever it is fed.
public struct ByteMutator: Sendable {
    private let random: SeededRandomSource
    private let corpus: [[UInt8]]

    /// Pieces of JSON and YAML that decoders trip over.
    private static let tokens: [String] = [
        "null", "true", "{}", "[]", "\"\"", "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u0000", "\\ud800", "\n",
        "\r\n",
        "-0", "1e999", "-1e-999", "0.1", "00", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "\u{0}", "\u{feff}", "é", "🦔", "---\n", "!!binary ", "&a [*a]", "<<: ", "# ", "\t",
    ]

    /// Prepares mutations of some samples.
    ///
    /// - Parameters:
    ///   - corpus: valid inputs; pieces of one are spliced into others.
    ///   - seed: equal seeds give equal sequences.
    public init(corpus: [Data], seed: UInt64) {
        self.corpus = corpus.map(Array.init)
        random = SeededRandomSource(seed: seed)
    }

    /// The next input: a sample with one to four mutations. Empty when the corpus is.
    public mutating func next() -> Data {
        guard !corpus.isEmpty else { return Data() }
        var bytes = corpus[below(corpus.count)]
        for _ in 0...below(4) { mutate(&bytes) }
        return Data(bytes)
    }

    private func below(_ bound: Int) -> Int { bound < 1 ? 0 : Int(random.next() % UInt64(bound)) }

    private func range(in bytes: [UInt8], atMost length: Int) -> Range<Int> {
        let start = below(bytes.count + 1)
        return start..<min(bytes.count, start + below(length + 1))
    }

    private func mutate(_ bytes: inout [UInt8]) {
        switch below(9) {
        case 0:
            guard !bytes.isEmpty else { return }
            bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
        case 1:
            guard !bytes.isEmpty else { return }
            bytes[below(bytes.count)] = UInt8(below(256))
        case 2:
            bytes.insert(UInt8(below(256)), at: below(bytes.count + 1))
        case 3:
            bytes.removeSubrange(range(in: bytes, atMost: 16))
        case 4:
            bytes.removeLast(bytes.count - below(bytes.count + 1))
        case 5:
            bytes.insert(contentsOf: bytes[range(in: bytes, atMost: 32)], at: below(bytes.count + 1))
        case 6:
            let token = Self.tokens[below(Self.tokens.count)]
            bytes.replaceSubrange(range(in: bytes, atMost: 8), with: token.utf8)
        case 7:
            let other = corpus[below(corpus.count)]
            bytes.replaceSubrange(range(in: bytes, atMost: 64), with: other[range(in: other, atMost: 64)])
        default:
            nest(&bytes)
        }
    }

    /// Many brackets in a row: decoders that recurse must stop by themselves.
    private func nest(_ bytes: inout [UInt8]) {
        let bracket = Array(below(2) == 0 ? "[".utf8 : #"{"a":"#.utf8)
        let depth = 1 << below(11)
        bytes.insert(contentsOf: Array(repeating: bracket, count: depth).joined(), at: below(bytes.count + 1))
    }
}
