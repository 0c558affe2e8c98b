import LanyardCore

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
        if let near = Spelling.nearest(to: name, among: known) { return near }
        // Right word, wrong section.
        let last = name.split(separator: ".").last
        let elsewhere = known.filter { $0.split(separator: ".").last == last }
        return elsewhere.count == 1 ? elsewhere.first : nil
    }
}
