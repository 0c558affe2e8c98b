/// Duration strings as Kubernetes and Go write them: decimal numbers with units, such as `1h30m`, `90s`, `1.5h`, `250ms`.
///
/// The rule is Go's `time.ParseDuration`; a value that does not fit Go's 64-bit nanoseconds is refused as well.
public enum KubernetesDuration {
    private static let attosecondsPerSecond: Int128 = 1_000_000_000_000_000_000
    private static let attosecondsPerNanosecond: Int128 = 1_000_000_000

    /// Units with their length in attoseconds; longer units first, as they are written.
    private static let units: [(name: String, attoseconds: Int128)] = [
        ("h", 3600 * attosecondsPerSecond), ("m", 60 * attosecondsPerSecond), ("s", attosecondsPerSecond),
        ("ms", 1_000_000 * attosecondsPerNanosecond), ("µs", 1000 * attosecondsPerNanosecond),
        ("ns", attosecondsPerNanosecond),
    ]

    /// Other spellings of the microsecond: ASCII, and the Greek letter in place of the micro sign.
    private static let microsecondSpellings: Set<String> = ["us", "\u{03BC}s"]

    /// Parses a duration exactly; nil for anything else than a duration string.
    public static func parse(_ text: String) -> Duration? {
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        if rest.elementsEqual("0".utf8) { return .zero }
        guard !rest.isEmpty else { return nil }
        var total: Int128 = 0
        while !rest.isEmpty {
            guard let part = takePart(&rest) else { return nil }
            total += part
            guard total <= Int128(Int64.max) * attosecondsPerNanosecond else { return nil }
        }
        return duration(attoseconds: isNegative ? -total : total)
    }

    /// Writes a duration with the largest units first and without units that are zero: `1h30m`, `1m30s`, `250ms`, `0s`.
    ///
    /// What is below a nanosecond is cut off.
    public static func format(_ duration: Duration) -> String {
        var rest = Int128(duration.components.seconds) * attosecondsPerSecond
        rest += Int128(duration.components.attoseconds)
        var text = ""
        let sign = rest < 0 ? "-" : ""
        if rest < 0 { rest = -rest }
        for unit in units {
            let (count, remainder) = rest.quotientAndRemainder(dividingBy: unit.attoseconds)
            if count > 0 { text += "\(count)\(unit.name)" }
            rest = remainder
        }
        return text.isEmpty ? "0s" : sign + text
    }

    /// Takes one number with its unit from the front; nil when there is none, when it does not fit, or when it is not a
    /// whole number of attoseconds.
    private static func takePart(_ rest: inout ArraySlice<UInt8>) -> Int128? {
        let whole = takeDigits(&rest)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let letters = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(letters.count)
        guard let unit = attoseconds(ofUnit: String(decoding: letters, as: UTF8.self)),
            let count = number(whole), let numerator = number(fraction)
        else { return nil }
        let (scaled, overflow) = count.multipliedReportingOverflow(by: unit)
        let (product, fractionOverflow) = numerator.multipliedReportingOverflow(by: unit)
        guard !overflow, !fractionOverflow, fraction.count < 38 else { return nil }
        let denominator = fraction.reduce(into: Int128(1)) { power, _ in power *= 10 }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: denominator)
        let (sum, sumOverflow) = scaled.addingReportingOverflow(quotient)
        guard remainder == 0, !sumOverflow, sum <= Int128(Int64.max) * attosecondsPerNanosecond else { return nil }
        return sum
    }

    private static func attoseconds(ofUnit name: String) -> Int128? {
        let name = microsecondSpellings.contains(name) ? "µs" : name
        return units.first { $0.name == name }?.attoseconds
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        return digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int128? {
        var value: Int128 = 0
        for digit in digits {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = scaled.addingReportingOverflow(Int128(digit - UInt8(ascii: "0")))
            guard !overflow, !sumOverflow else { return nil }
            value = sum
        }
        return value
    }

    private static func duration(attoseconds: Int128) -> Duration {
        let (seconds, rest) = attoseconds.quotientAndRemainder(dividingBy: attosecondsPerSecond)
        return Duration(secondsComponent: Int64(seconds), attosecondsComponent: Int64(rest))
    }
}
