package import KubernetesModel

/// Durations as Vault and as specs write them, in whole seconds.
package enum VaultDuration {
    /// Why a duration of a spec is refused.
    package struct Violation: Error, Equatable, Sendable {
        /// What is wrong, to be read after the name of the field.
        package let message: String
    }

    /// The longest duration of a spec, in seconds (68 years): far below what overflows a server's arithmetic.
    package static let maximumSeconds = Int(Int32.max)

    /// Reads a duration as a server returns or accepts it: a number of seconds, the same as text, Go's notation
    /// (`1h30m`, `1.5h`, `1500ms`), or bare days (`2d`). Fractions of a second are cut off.
    ///
    /// - Returns: nil when it is none of these; 0 when there is none.
    package static func seconds(_ value: JSONValue?) -> Int? {
        switch value {
        case nil, .null: return 0
        case .string(let text):
            let trimmed = text.trimmed
            if trimmed.isEmpty { return 0 }
            if let seconds = Int(trimmed) { return seconds }
            if trimmed.hasSuffix("d"), let days = Int(trimmed.dropLast()), days >= 0 {
                let (seconds, overflow) = days.multipliedReportingOverflow(by: 86_400)
                return overflow ? nil : seconds
            }
            return nanoseconds(trimmed).map { Int($0 / 1_000_000_000) }
        default: return value?.integer.map(Int.init)
        }
    }

    /// Reads a duration of a spec, in Kubernetes' notation (`1h30m`): whole seconds, more than none.
    package static func seconds(ofSpec text: String) -> Result<Int, Violation> {
        guard text.utf8.count <= 64, let nanoseconds = nanoseconds(text) else {
            return .failure(Violation(message: "must be a duration such as \"1h30m\""))
        }
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest == 0 else { return .failure(Violation(message: "must be whole seconds")) }
        guard seconds > 0 else { return .failure(Violation(message: "must be longer than zero")) }
        guard seconds <= Int64(maximumSeconds) else {
            return .failure(Violation(message: "must not be longer than \(maximumSeconds) seconds"))
        }
        return .success(Int(seconds))
    }

    /// A number of seconds in the shortest notation: `1h30m`, `90s` as `1m30s`, `0s`.
    package static func text(_ seconds: Int) -> String {
        guard seconds > 0 else { return "\(seconds)s" }
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    /// Go's notation without sign: one or more decimal numbers, each with its unit.
    private static func nanoseconds(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(1 + fraction.count)
            }
            let name = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(name.count)
            guard !whole.isEmpty || !fraction.isEmpty, fraction.count <= 9,
                let unit = units[String(decoding: name, as: UTF8.self)],
                let part = product(whole, fraction, unit: unit)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return total
    }

    private static func product(_ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, unit: Int64) -> Int64? {
        guard let integral = integer(whole), let decimals = integer(fraction) else { return nil }
        let scale = fraction.reduce(Int64(1)) { scale, _ in scale * 10 }
        let (high, overflow) = integral.multipliedReportingOverflow(by: unit)
        // At most 10^9 times 3.6 · 10^12 would not fit: the division comes first where the unit allows it.
        let low = unit >= scale ? decimals * (unit / scale) : decimals * unit / scale
        let (sum, carried) = high.addingReportingOverflow(low)
        return overflow || carried ? nil : sum
    }

    private static func integer(_ digits: ArraySlice<UInt8>) -> Int64? {
        digits.isEmpty ? 0 : Int64(String(decoding: digits, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
        "m": 60_000_000_000, "h": 3_600_000_000_000,
    ]
}
