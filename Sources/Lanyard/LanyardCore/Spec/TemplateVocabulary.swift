package import LanyardAPI

/// Which placeholders a template may have: a closed set for each placement, and one for the IDs of agents.
package enum TemplateVocabulary: Sendable {
    case cluster, node, pod
    /// `spire.agentIDTemplate` in the configuration.
    case agent

    /// The vocabulary of an identity's templates.
    package init(_ placement: WorkloadIdentitySpec.Placement) {
        switch placement {
        case .cluster: self = .cluster
        case .node: self = .node
        case .pod: self = .pod
        }
    }

    /// The placeholder of a name.
    ///
    /// - Throws: `TemplateError` that says which ones there are.
    func placeholder(_ name: Substring) throws(TemplateError) -> PlaceholderTemplate.Placeholder {
        if let known = plain(name) { return known }
        if name.hasPrefix("podLabel:") {
            guard self == .pod else { throw Self.misplaced("{podLabel:…}", needs: "Pod") }
            let key = String(name.dropFirst("podLabel:".count))
            guard KubernetesName.isLabelKey(key) else {
                throw TemplateError("has {podLabel:…} with what is no label key: \(Excerpt.quoting(key))")
            }
            return .podLabel(key)
        }
        if name == "node" { throw Self.misplaced("{node}", needs: "Node or Pod") }
        if name == "pod" { throw Self.misplaced("{pod}", needs: "Pod") }
        throw TemplateError(
            "has the unknown placeholder \(Excerpt.quoting("{\(name)}")); known are \(listing)")
    }

    /// The placeholder of a name that has no parameter; nil where there is none. Asked for each placeholder of each pass.
    private func plain(_ name: Substring) -> PlaceholderTemplate.Placeholder? {
        switch name {
        case "cluster": .cluster
        case "trustDomain": .trustDomain
        case "namespace" where self != .agent: .namespace
        case "name" where self != .agent: .name
        case "serviceAccount" where self != .agent: .serviceAccount
        case "node" where self != .cluster: .node
        case "nodeUID" where self == .agent: .nodeUID
        case "pod" where self == .pod: .pod
        default: nil
        }
    }

    private var listing: String {
        switch self {
        case .cluster: "{namespace}, {name}, {serviceAccount}, {cluster} and {trustDomain}"
        case .node: "{namespace}, {name}, {serviceAccount}, {cluster}, {trustDomain} and {node}"
        case .pod:
            "{namespace}, {name}, {serviceAccount}, {cluster}, {trustDomain}, {node}, {pod} and {podLabel:KEY}"
        case .agent: "{cluster}, {trustDomain}, {node} and {nodeUID}"
        }
    }

    private static func misplaced(_ placeholder: String, needs placement: String) -> TemplateError {
        TemplateError("has \(placeholder), which needs placement \(placement)")
    }
}
