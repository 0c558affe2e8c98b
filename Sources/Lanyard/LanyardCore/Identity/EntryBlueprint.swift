import KubernetesModel
import LanyardAPI

/// All entries of one identity before node and pod are filled in. Made by `IdentityPlanner` from a spec that it has checked.
package struct EntryBlueprint: Equatable, Sendable {
    let key: ObjectKey
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

    /// The one entry of placement `Cluster`.
    var clusterEntries: DesiredEntries { DesiredEntries(entries: [DesiredEntry(entry: base)]) }

    /// Whether a pod is one of those that the identity is for.
    package func selects(_ pod: PodFacts) -> Bool {
        podLabels.allSatisfy { pod.labels[$0.key] == $0.value }
    }

    /// The known nodes that run selected pods.
    package func occupiedNodes(at facts: PlacementFacts) -> Set<NodeFacts> {
        Set(facts.pods.lazy.filter(selects).compactMap { facts.nodes[$0.nodeName] })
    }

    /// One entry for each node that runs a selected pod, or ran one a moment ago.
    func nodeEntries(at facts: PlacementFacts) -> DesiredEntries {
        var entries: [DesiredEntry] = []
        var withheld: [WithheldEntry] = []
        let firstPods = Dictionary(
            facts.pods.lazy.filter(selects).compactMap { pod in pod.createdAt.map { (pod.nodeName, $0) } },
            uniquingKeysWith: min)
        for node in occupiedNodes(at: facts).union(facts.lingering) {
            switch entry(on: node, for: nil) {
            case .success(let entry):
                entries.append(
                    DesiredEntry(
                        entry: entry, node: node.name,
                        awaitedSince: Self.latest(node.createdAt, firstPods[node.name])))
            case .failure(let problem): withheld.append(problem)
            }
        }
        return DesiredEntries(entries: entries, withheld: withheld + unknownNodes(at: facts))
    }

    /// One entry for each selected pod.
    func podEntries(at facts: PlacementFacts) -> DesiredEntries {
        var entries: [DesiredEntry] = []
        var withheld: [WithheldEntry] = []
        for pod in facts.pods where selects(pod) {
            guard let node = facts.nodes[pod.nodeName] else {
                withheld.append(
                    WithheldEntry(
                        id: id(uid: pod.uid), needsIntervention: false,
                        message: "node \(pod.nodeName) of pod \(pod.name) is not known yet"))
                continue
            }
            switch entry(on: node, for: pod) {
            case .success(let entry):
                entries.append(
                    DesiredEntry(
                        entry: entry, node: node.name, pod: pod.name,
                        awaitedSince: Self.latest(node.createdAt, pod.createdAt)))
            case .failure(let problem): withheld.append(problem)
            }
        }
        return DesiredEntries(entries: entries, withheld: withheld)
    }

    /// Nodes that pods name and that are not known yet. The IDs of their entries are not known either; one that exists is
    /// for a node that was known, and keeps its grace.
    private func unknownNodes(at facts: PlacementFacts) -> [WithheldEntry] {
        let names = Set(facts.pods.lazy.filter(selects).map(\.nodeName)).filter { facts.nodes[$0] == nil }
        return names.map {
            WithheldEntry(id: "", needsIntervention: false, message: "node \($0) is not known yet")
        }
    }

    private static func latest(_ node: Int64?, _ pod: Int64?) -> Int64? { [node, pod].compactMap { $0 }.max() }

    private func id(uid: String) -> String {
        EntryName.forIdentity(key, uid: uid, cluster: values.cluster)
    }

    private func entry(on node: NodeFacts, for pod: PodFacts?) -> Result<RegistrationEntry, WithheldEntry> {
        let id = id(uid: pod?.uid ?? node.uid)
        var values = values
        values.node = node
        values.pod = pod
        var entry = base
        entry.id = id
        let subject = pod.map { "pod \($0.name)" } ?? "node \(node.name)"
        do throws(TemplateError) {
            entry.parentID = try agentIDTemplate.memberID(with: values)
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

extension WithheldEntry: Error {}
