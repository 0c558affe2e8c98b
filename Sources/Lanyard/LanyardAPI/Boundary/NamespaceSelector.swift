/// Selects namespaces by labels, as Kubernetes' LabelSelector does; one without any demand selects nothing.
package struct NamespaceSelector: Codable, Equatable, Sendable {
    package var matchLabels: [String: String]?
    package var matchExpressions: [Requirement]?

    /// Demands all of what is given.
    package init(matchLabels: [String: String]? = nil, matchExpressions: [Requirement]? = nil) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// One demand on a label.
    package struct Requirement: Codable, Equatable, Sendable {
        package var key: String
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        package var `operator`: String
        package var values: [String]?

        /// Values are for `In` and `NotIn` only.
        package init(key: String, operator: String, values: [String]? = nil) {
            self.key = key
            self.operator = `operator`
            self.values = values
        }
    }
}
