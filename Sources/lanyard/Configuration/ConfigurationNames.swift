/// The names that may occur in a configuration file, and what somebody may have meant by one that may not.
enum ConfigurationNames {
    /// Names of sections: `vault`, `vault.auth`, …
    static let sections: Set<String> = {
        var sections: Set<String> = []
        for key in ConfigurationKey.all {
            let parts = key.name.split(separator: ".")
            for count in 1..<max(1, parts.count) {
                sections.insert(parts.prefix(count).joined(separator: "."))
            }
        }
        return sections
    }()

    /// The known name that is nearest to an unknown one; nil when none is near.
    static func suggestion(for name: String, includingSections: Bool) -> String? {
        let known = ConfigurationKey.all.map(\.name) + (includingSections ? sections.sorted() : [])
        let name = String(name.prefix(96))
        let ranked = known.map { (name: $0, distance: distance(name, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        if best.distance <= 1 + name.count / 4 { return best.name }
        // Right word, wrong section.
        let last = name.split(separator: ".").last
        let elsewhere = known.filter { $0.split(separator: ".").last == last }
        return elsewhere.count == 1 ? elsewhere.first : nil
    }

    /// Levenshtein distance without regard to case.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased()), right = Array(right.lowercased())
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
