/// What patterns of a boundary become in one namespace, filled and parsed once: those with nothing of a single object in them.
/// They are made with what holds in the namespace, and go with it.
struct PreparedPatterns: Equatable, Sendable {
    /// As many are prepared of either sort; what else there is each check fills as far as it meets it.
    static let limit = 64
    /// Nothing is prepared.
    static let nothing = PreparedPatterns(patterns: [:], sparing: [:])

    /// By their texts; nil for what allows nothing.
    let patterns: [String: [PathPattern]?]
    /// The same of patterns of mounts and of what is below them: none that a tenant's name makes one of mounts that all share.
    let sparing: [String: [PathPattern]?]

    /// How many are prepared.
    var count: Int { patterns.count + sparing.count }

    private init(patterns: [String: [PathPattern]?], sparing: [String: [PathPattern]?]) {
        self.patterns = patterns
        self.sparing = sparing
    }

    /// Prepares what boundaries of a namespace have.
    ///
    /// - Parameters:
    ///   - values: those of any object there.
    ///   - mounts: those that all share.
    ///   - room: for how many patterns there is room; what has none each check fills, too.
    init(_ grants: [BoundaryGrant], values: BoundaryTemplate.Values, sparing mounts: [String], room: Int) {
        var patterns: [String: [PathPattern]?] = [:]
        var sparing: [String: [PathPattern]?] = [:]
        for grant in grants {
            let databases = grant.databases.flatMap { [$0.connection] + $0.templates }
            for template in [grant.spiffeIDs, grant.names, grant.extraPolicies, databases].joined()
            where template.isOfNamespace && patterns.count < Self.limit && patterns.count + sparing.count < room {
                patterns[template.text] = .some(template.patterns(values)?.map { PathPattern($0) })
            }
            for template in grant.paths.map(\.template) + grant.databases.map(\.mount)
            where template.isOfNamespace && sparing.count < Self.limit && patterns.count + sparing.count < room {
                sparing[template.text] = .some(
                    template.patterns(values, sparing: mounts)?.map { PathPattern($0) })
            }
        }
        self.init(patterns: patterns, sparing: sparing)
    }
}
