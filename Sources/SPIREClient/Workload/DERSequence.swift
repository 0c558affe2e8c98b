/// Values in DER, one after the other.
enum DERSequence {
    /// Cuts bytes into the SEQUENCEs that they are made of.
    ///
    /// - Throws: `SPIREError` with `malformedAnswer` when there is something else.
    static func split(_ bytes: [UInt8]) throws(SPIREError) -> [[UInt8]] {
        var values: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let length = length(of: rest), length <= rest.count else {
                throw SPIREError(.malformedAnswer, "certificates in DER are cut off")
            }
            values.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return values
    }

    /// How long the first value is with its header; nil when it is no SEQUENCE of definite length.
    private static func length(of bytes: ArraySlice<UInt8>) -> Int? {
        let header = Array(bytes.prefix(6))
        guard header.count >= 2, header[0] == 0x30 else { return nil }
        guard header[1] >= 0x80 else { return 2 + Int(header[1]) }
        let count = Int(header[1] & 0x7F)
        // Four bytes of length are more than any certificate needs.
        guard (1...4).contains(count), header.count >= 2 + count else { return nil }
        return header[2..<2 + count].reduce(0) { $0 << 8 | Int($1) } + 2 + count
    }
}
