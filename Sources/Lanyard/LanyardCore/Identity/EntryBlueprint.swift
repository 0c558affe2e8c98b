package import KubernetesModel
import LanyardAPI

/// All entries of one identity before node and pod are filled in. Made by `IdentityPlanner` from a spec that it has checked.
package struct EntryBlueprint: Equatable, Sendable {
    /// The identity's.
    package let key: ObjectKey
    let placement: WorkloadIdentitySpec.Placement
    let scope: IdentityScope
    let values: TemplateValues
    let spiffeIDTemplate: PlaceholderTemplate
    let dnsNameTemplates: [PlaceholderTemplate]
    /// The labels by which pods are selected.
    let podLabels: [String: String]
    /// What all entries have; its SPIFFE ID and DNS names are those with nothing filled in for node and pod, or samples.
    let base: RegistrationEntry
    let agentIDTemplate: PlaceholderTemplate
    /// SPIFFE IDs that no entry may have.
    let reservedIDs: Set<SPIFFEID>

    /// The SPIFFE ID of every entry; nil when it differs between nodes or pods.
    var commonSPIFFEID: SPIFFEID? { spiffeIDTemplate.dependsOnPlacement ? nil : base.spiffeID }

    /// Whether a pod is one of those that the identity is for.
    package func selects(_ pod: PodFacts) -> Bool {
        podLabels.allSatisfy { pod.labels[$0.key] == $0.value }
    }

    /// The known nodes that run selected pods.
    package func occupiedNodes(at facts: PlacementFacts) -> Set<NodeFacts> {
        Set(namedNodes(at: facts).compactMap { facts.nodes[$0] })
    }

    /// The nodes that selected pods name.
    private func namedNodes(at facts: PlacementFacts) -> Set<String> {
        Set(facts.pods.lazy.filter(selects).map(\.nodeName))
    }

    /// The entries that should exist.
    func entries(at facts: PlacementFacts) -> DesiredEntries {
        guard placement != .cluster else { return DesiredEntries(entries: [DesiredEntry(entry: base)]) }
        return entries(for: places(at: facts), at: facts)
    }

    /// The same where the places are known.
    func entries(for places: [EntryPlace], at facts: PlacementFacts) -> DesiredEntries {
        var agents = Agents()
        var entries = DesiredEntries()
        entries.replace([], with: places.map { outcome(at: $0, &agents) })
        entries.withhold(unknownNodes(at: facts))
        return entries
    }

    /// What there is to be an entry for, in any order: each selected pod, or each node that runs one, or ran one a moment ago.
    func places(at facts: PlacementFacts) -> [EntryPlace] {
        switch placement {
        case .cluster: return []
        case .pod:
            return facts.pods.compactMap { pod in
                selects(pod) ? EntryPlace.pod(pod, on: facts.nodes[pod.nodeName]) : nil
            }
        case .node:
            let firstPods = Dictionary(
                facts.pods.lazy.filter(selects).compactMap { pod in pod.createdAt.map { (pod.nodeName, $0) } },
                uniquingKeysWith: min)
            return occupiedNodes(at: facts).union(facts.lingering).map {
                EntryPlace.node($0, firstPod: firstPods[$0.name])
            }
        }
    }

    /// Nodes that pods name and that are not known yet. The IDs of their entries are not known either; one that exists is
    /// for a node that was known, and keeps its grace. A pod's entry waits for its node by itself.
    func unknownNodes(at facts: PlacementFacts) -> [WithheldEntry] {
        guard placement == .node else { return [] }
        return namedNodes(at: facts).filter { facts.nodes[$0] == nil }.map {
            WithheldEntry(id: "", needsIntervention: false, message: "node \($0) is not known yet")
        }
    }

    /// The entry for a place, or why there is none now.
    func outcome(at place: EntryPlace, _ agents: inout Agents) -> EntryOutcome {
        switch place {
        case .pod(let pod, on: nil):
            return .failure(
                WithheldEntry(
                    id: id(uid: pod.uid), needsIntervention: false,
                    message: "node \(pod.nodeName) of pod \(pod.name) is not known yet"))
        case .pod(let pod, on: let node?):
            return entry(on: node, for: pod, &agents).map {
                DesiredEntry(
                    entry: $0, node: node.name, pod: pod.name,
                    awaitedSince: Self.latest(node.createdAt, pod.createdAt))
            }
        case .node(let node, let firstPod):
            return entry(on: node, for: nil, &agents).map {
                DesiredEntry(
                    entry: $0, node: node.name, awaitedSince: Self.latest(node.createdAt, firstPod))
            }
        }
    }

    private static func latest(_ node: Int64?, _ pod: Int64?) -> Int64? { [node, pod].compactMap { $0 }.max() }

    /// The ID of the entry for a node or pod.
    func id(uid: String) -> String {
        EntryName.forIdentity(key, uid: uid, cluster: values.cluster)
    }

    /// The SPIFFE IDs of the agents of nodes.
    typealias Agents = [NodeFacts: Result<SPIFFEID, TemplateError>]

    /// The agent of a node, made once for all pods there: nothing of a pod is in it (`TemplateVocabulary.agent`).
    private func agentID(on node: NodeFacts, _ agents: inout Agents) throws(TemplateError) -> SPIFFEID {
        if let known = agents[node] { return try known.get() }
        var values = values
        values.node = node
        do throws(TemplateError) {
            let id = try agentIDTemplate.memberID(with: values)
            agents[node] = .success(id)
            return id
        } catch {
            agents[node] = .failure(error)
            throw error
        }
    }

    private func entry(
        on node: NodeFacts, for pod: PodFacts?, _ agents: inout Agents
    ) -> Result<RegistrationEntry, WithheldEntry> {
        let id = id(uid: pod?.uid ?? node.uid)
        var values = values
        values.node = node
        values.pod = pod
        var entry = base
        entry.id = id
        let subject = pod.map { "pod \($0.name)" } ?? "node \(node.name)"
        do throws(TemplateError) {
            entry.parentID = try agentID(on: node, &agents)
            if spiffeIDTemplate.dependsOnPlacement { entry.spiffeID = try spiffeID(with: values) }
            // Whoever has it can do what the operator can, so not even an entry from before that was known stays.
            if reservedIDs.contains(entry.spiffeID) {
                return .failure(
                    WithheldEntry(
                        id: id, needsIntervention: true,
                        message: "\(subject): spec.spiffeID becomes that of the operator", keepsExisting: false))
            }
            if !dnsNameTemplates.isEmpty { entry.dnsNames = try dnsNames(with: values) }
        } catch {
            return .failure(WithheldEntry(id: id, needsIntervention: true, message: "\(subject): \(error)"))
        }
        if let violation = scope.violation(of: entry) {
            return .failure(
                WithheldEntry(
                    id: id, needsIntervention: true, message: "\(subject): \(violation)",
                    keepsExisting: !scope.withdraws))
        }
        if let pod, let selector = WorkloadSelector(type: "k8s", value: "pod-uid:\(pod.uid)") {
            entry.selectors.insert(selector)
        }
        return .success(entry)
    }

    /// The SPIFFE ID for one node or pod, checked again: names and labels are chosen by whoever may create pods.
    private func spiffeID(with values: TemplateValues) throws(TemplateError) -> SPIFFEID {
        let id: SPIFFEID
        do {
            id = try spiffeIDTemplate.spiffeID(with: values)
        } catch {
            throw TemplateError("spec.spiffeID \(error)")
        }
        // The parent of the base is the node alias.
        guard id != base.parentID else { throw TemplateError("spec.spiffeID becomes that of the node alias") }
        return id
    }

    /// The DNS names for one node or pod; two templates that become the same name count once.
    private func dnsNames(with values: TemplateValues) throws(TemplateError) -> [String] {
        var names: [String] = []
        for (index, template) in dnsNameTemplates.enumerated() {
            let field = "spec.x509SVID.dnsNames[\(index)]"
            let name: String
            do {
                name = try template.rendered(with: values)
            } catch {
                throw TemplateError("\(field) \(error)")
            }
            if let violation = DNSNameSyntax.violation(of: name) { throw TemplateError("\(field) \(violation)") }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// What one entry is for.
enum EntryPlace: Equatable, Sendable {
    /// A pod, on a node that may not be known yet.
    case pod(PodFacts, on: NodeFacts?)
    /// A node, and when the first of the pods there was made.
    case node(NodeFacts, firstPod: Int64?)

    /// By this the entry is told from others of its identity.
    var uid: String {
        switch self {
        case .pod(let pod, _): pod.uid
        case .node(let node, _): node.uid
        }
    }
}
