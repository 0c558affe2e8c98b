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
        KubernetesDuration.format(.seconds(seconds))
    }

    /// Go's notation without sign, as whole nanoseconds; nil when it is none.
    private static func nanoseconds(_ text: String) -> Int64? {
        guard text.utf8.first != UInt8(ascii: "-"), text.utf8.first != UInt8(ascii: "+"),
            let duration = KubernetesDuration.parse(text)
        else { return nil }
        return duration.wholeNanoseconds
    }
}
