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
        if let known = plain[name] { return known }
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

    private var plain: [Substring: PlaceholderTemplate.Placeholder] {
        let everywhere: [Substring: PlaceholderTemplate.Placeholder] = [
            "cluster": .cluster, "trustDomain": .trustDomain,
        ]
        let identity: [Substring: PlaceholderTemplate.Placeholder] = [
            "namespace": .namespace, "name": .name, "serviceAccount": .serviceAccount,
        ]
        let own: [Substring: PlaceholderTemplate.Placeholder] =
            switch self {
            case .cluster: identity
            case .node: identity.merging(["node": .node]) { $1 }
            case .pod: identity.merging(["node": .node, "pod": .pod]) { $1 }
            case .agent: ["node": .node, "nodeUID": .nodeUID]
            }
        return everywhere.merging(own) { $1 }
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
