package import LanyardAPI

/// What the placeholders of a template stand for.
package struct TemplateValues: Equatable, Sendable {
    /// Of the object that has the template.
    package var namespace: String
    /// Of the object that has the template.
    package var name: String
    /// Of the ServiceAccount that the object is for.
    package var serviceAccount: String
    /// The configured name of the cluster.
    package var cluster: String
    /// The configured trust domain.
    package var trustDomain: TrustDomain
    /// The node that an entry is for.
    package var node: NodeFacts?
    /// The pod that an entry is for.
    package var pod: PodFacts?

    /// What belongs to a node or pod has no value, where none is given.
    package init(
        namespace: String, name: String, serviceAccount: String, cluster: String, trustDomain: TrustDomain,
        node: NodeFacts? = nil, pod: PodFacts? = nil
    ) {
        self.namespace = namespace
        self.name = name
        self.serviceAccount = serviceAccount
        self.cluster = cluster
        self.trustDomain = trustDomain
        self.node = node
        self.pod = pod
    }

    /// What a placeholder stands for.
    ///
    /// - Throws: `TemplateError` when it is not there: the pod does not have the label, for example.
    func value(of placeholder: PlaceholderTemplate.Placeholder) throws(TemplateError) -> String {
        let value: String? =
            switch placeholder {
            case .namespace: namespace
            case .name: name
            case .serviceAccount: serviceAccount
            case .cluster: cluster
            case .trustDomain: trustDomain.name
            case .node: node?.name
            case .nodeUID: node?.uid
            case .pod: pod?.name
            case .podLabel(let key): pod?.labels[key]
            }
        if let value { return value }
        if case .podLabel(let key) = placeholder { throw TemplateError("names the label \(key), which the pod lacks") }
        throw TemplateError("names a node or pod, and there is none")
    }
}
