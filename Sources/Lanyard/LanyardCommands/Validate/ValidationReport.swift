/// What `lanyard validate` found, object by object.
struct ValidationReport: Equatable, Sendable {
    struct Resource: Equatable, Sendable, Encodable {
        /// The file as it was named.
        var file: String
        /// The number of the document in it.
        var document: Int
        /// The line on which the object begins.
        var line: Int
        var kind: String
        /// Nil for cluster-scoped kinds.
        var namespace: String?
        var name: String
        /// `Accepted`, `InvalidSpec` or `OutsideBoundary`.
        var reason: String
        /// Why it would be refused; empty when it would not.
        var violations: [Finding] = []
        /// What its author should know all the same.
        var notes: [Finding] = []

        /// `shop/web`, or the name alone.
        var key: String { (namespace.map { "\($0)/" } ?? "") + name }
    }

    /// Something about one field.
    struct Finding: Equatable, Sendable, Encodable {
        /// Such as `spec.access.kv[0].path`.
        var field: String
        /// The line of the field.
        var line: Int
        /// To be read after the field.
        var message: String
    }

    /// In the order of the files.
    var resources: [Resource] = []
    /// Objects of other kinds, which nothing is said about.
    var ignored = 0

    /// How many would be refused.
    var refused: Int { resources.filter { !$0.violations.isEmpty }.count }

    /// One line for people: how much was looked at.
    var summary: String {
        let boundaries = resources.filter { $0.kind == "IdentityBoundary" }.count
        let under = boundaries == 0 ? "the built-in default boundary" : "\(boundaries) boundaries"
        let others = ignored == 0 ? "" : "; \(ignored) of other kinds ignored"
        return "\(resources.count) resources under \(under): \(refused) refused\(others)"
    }
}
