package import LanyardAPI

/// Whether a boundary is about a namespace.
package enum NamespaceMatch: Equatable, Sendable {
    case matches
    case differs
    /// It depends on the namespace's labels, which are not known.
    case depends

    /// A name or the labels are enough; a selection of neither matches nothing.
    ///
    /// - Parameter labels: the namespace's; nil while they are not known.
    package init(_ selection: IdentityBoundarySpec.Namespaces?, namespace: String, labels: [String: String]?) {
        let isNamed = (selection?.names ?? []).contains { Self.covers($0, namespace) }
        guard !isNamed, let selector = selection?.selector, selector.demandsSomething else {
            self = isNamed ? .matches : .differs
            return
        }
        self = labels.map { selector.matches($0) ? .matches : .differs } ?? .depends
    }

    private static func covers(_ pattern: String, _ name: String) -> Bool {
        guard pattern.hasSuffix("*") else { return pattern.hasSameBytes(as: name) }
        return name.utf8.starts(with: pattern.dropLast().utf8)
    }
}

extension IdentityBoundarySpec.Namespaces {
    /// Whether it may select more than one namespace.
    var areSeveral: Bool {
        let names = Set(names ?? [])
        return names.count > 1 || names.contains { $0.hasSuffix("*") } || selector?.demandsSomething == true
    }
}

extension NamespaceSelector {
    /// Whether there is any demand. Kubernetes takes none for "all"; a boundary takes it for "no namespace", since an
    /// empty section must not open every namespace.
    var demandsSomething: Bool { matchLabels?.isEmpty == false || matchExpressions?.isEmpty == false }

    /// Whether labels meet every demand; an operator that is not known is not met.
    func matches(_ labels: [String: String]) -> Bool {
        (matchLabels ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && (matchExpressions ?? []).allSatisfy { requirement in
                let value = labels[requirement.key]
                let values = requirement.values ?? []
                return switch requirement.operator {
                case "In": value.map(values.contains) ?? false
                case "NotIn": !(value.map(values.contains) ?? false)
                case "Exists": value != nil
                case "DoesNotExist": value == nil
                default: false
                }
            }
    }
}
