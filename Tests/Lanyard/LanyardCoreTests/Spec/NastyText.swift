import TestSupport

/// Texts that specs should never make anything trip over, from a seed.
struct NastyText: RandomNumberGenerator {
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func next() -> UInt64 { random.next() }

    /// Whether something happens that does `share` of the time.
    mutating func happens(_ share: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < share
    }

    /// One of the texts, or two of them joined.
    mutating func text() -> String {
        let one = Self.texts.randomElement(using: &self) ?? ""
        return happens(0.2) ? one + (Self.texts.randomElement(using: &self) ?? "") : one
    }

    /// A text, or none.
    mutating func optional(_ share: Double = 0.4) -> String? {
        happens(share) ? text() : nil
    }

    /// Some texts, rarely very many.
    mutating func list() -> [String] {
        let count = happens(0.02) ? 1_500 : Int.random(in: 0...4, using: &self)
        return (0..<count).map { _ in text() }
    }

    private static let texts = [
        "", "a", "web", "shop", "default", "web-sa", "a.b", "A", "é", "ａ", "\u{0}", "\n", " ", "\u{202E}", "👩‍👩‍👧‍👦",
        "e\u{301}",
        "*", "app*", "+", "..", ".", "/", "//", "/ns/{namespace}/sa/{name}", "/ns/other/sa/admin", "{", "}", "{}",
        "{name}",
        "{namespace}.svc", "{node}", "{podLabel:app}", "{{identity.entity.id}}", "${env}", "$", "\"", "\\", "`",
        "'; DROP",
        "spiffe://neural-hive.local/a", "spiffe://other.org/a", "spiffe://", "/spire/server", "k8s:ns:other",
        "k8s:sa:x",
        "unix:uid:0", ":", "::", "a:", ":a", "k8s:pod-label:a:b", "1h", "30m", "0s", "-1s", "1e9h",
        "9223372036854775807h",
        "1.5h", "1d", "*.example.org", "example.org.", "xn--a", "0.0.0.0/0", "10.0.0.1/33", "::1", "root",
        "default-ceiling",
        "lanyard.production.shop.web", "lanyard.production.other.web", "lanyard-operator", "sys", "auth/token",
        "database",
        "secret/data/*", "secret/../sys", "a/*", "read", "Read", "Write", "Issue", "Encrypt", "sudo", "deny", "token",
        "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}';", "serviceaccount_uid", "serviceaccount_name", "batch",
        "service", "password", "rsa_private_key", String(repeating: "x", count: 300),
        String(repeating: "{name}", count: 400),
        String(repeating: "é", count: 5_000), "%2e%2e", "\u{FEFF}a", "a\r\nb", "NULL", "true", "𝕒",
    ]
}
