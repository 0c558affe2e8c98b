public import KubernetesModel

extension Environment {
    /// Surroundings that depend on a seed alone: time stands still, random bits and UUIDs repeat.
    ///
    /// - Parameters:
    ///   - clock: to be moved by the test.
    ///   - variables: the environment variables.
    public static func simulated(
        seed: UInt64, clock: VirtualClock = VirtualClock(), variables: [String: String] = [:]
    ) -> Environment {
        let identifiers = SeededRandomSource(seed: ~seed)
        return Environment(
            clock: clock, random: SeededRandomSource(seed: seed),
            makeUUID: { uuid(identifiers.next(), identifiers.next()) },
            variable: { variables[$0] })
    }

    /// 128 bits as the text of a random UUID (version 4).
    private static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        let high = high & ~0xF000 | 0x4000
        let low = low & ~(0b11 << 62) | (0b10 << 62)
        let digits = hexadecimal(high) + hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
