/// Names that Prometheus accepts.
enum MetricName {
    /// The name with every illegal character replaced by an underscore; one that begins with a digit gets one in front.
    static func sanitized(_ name: String, allowsColon: Bool) -> String {
        let scalars = name.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
            case ":" where allowsColon: scalar
            default: "_"
            }
        }
        var text = String(String.UnicodeScalarView(scalars))
        if text.first.map({ ("0"..."9").contains($0) }) ?? true { text = "_" + text }
        return text
    }
}
