import LanyardCore

/// One line of `config check`: what holds for a key, and why.
struct EffectiveValue: Equatable, Sendable {
    let key: ConfigurationKey
    let value: ConfigurationValue?

    /// `reconcile.workers: 8  # default`.
    var line: String {
        guard let value else { return "\(key.name):  # not given" }
        let text =
            switch value.content {
            case .text(let text): Self.yaml(text)
            case .list(let items): "[\(items.map(Self.yaml).joined(separator: ", "))]"
            }
        return "\(key.name): \(text)  # \(value.source)"
    }

    /// Plain where YAML has no other meaning for it, else in quotes.
    private static func yaml(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "/"):
                    true
                default: false
                }
            }
        return isPlain ? text : Excerpt.quoting(text, limit: 1_024)
    }
}
