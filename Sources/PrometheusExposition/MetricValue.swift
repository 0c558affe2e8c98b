/// Numbers as the text format writes them.
enum MetricValue {
    /// A number: whole ones without fraction, infinities and not-a-number by name.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 0x1p53 { return "\(whole)" }
        return "\(value)"
    }
}
