import KubernetesModel
import LanyardAPI

/// Plans the workload selectors of an entry.
enum SelectorPlanner {
    /// More further selectors, or labels, than this are refused.
    static let limit = 64
    /// Longer selectors are refused: some databases of SPIRE could not store them.
    private static let byteLimit = 1_024

    /// Namespace, ServiceAccount, and what narrows them down; duplicates collapse.
    static func selectors(
        for spec: WorkloadIdentitySpec, namespace: String, serviceAccount: String, check: inout SpecCheck
    ) -> Set<WorkloadSelector> {
        var values = ["ns:\(namespace)", "sa:\(serviceAccount)"]
        values += podLabels(of: spec, check: &check)
        if let name = spec.containerName {
            if KubernetesName.isDNSLabel(name) {
                values.append("container-name:\(name)")
            } else {
                check.invalid("spec.containerName", "must be a container's name: 1 to 63 of a-z 0-9 -")
            }
        }
        let own = values.compactMap { WorkloadSelector(type: "k8s", value: $0) }
        let all = Set(own + further(of: spec, check: &check))
        if let (one, other) = SelectorFamily.contradiction(in: all) {
            check.invalid(
                "spec.selectors",
                "\(Excerpt.quoting(one.description)) and \(Excerpt.quoting(other.description)) are never true of one workload"
            )
        }
        return all
    }

    private static func podLabels(of spec: WorkloadIdentitySpec, check: inout SpecCheck) -> [String] {
        let labels = spec.podSelector?.matchLabels ?? [:]
        let field = "spec.podSelector.matchLabels"
        guard labels.count <= limit else {
            check.invalid(field, "must not have more than \(limit) labels")
            return []
        }
        var values: [String] = []
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            if !KubernetesName.isLabelKey(key) {
                check.invalid(field, "\(Excerpt.quoting(key)) is not a label key")
            } else if !KubernetesName.isLabelValue(value) {
                check.invalid("\(field)[\(key)]", "\(Excerpt.quoting(value)) is not a label value")
            } else {
                values.append("pod-label:\(key):\(value)")
            }
        }
        return values
    }

    private static func further(of spec: WorkloadIdentitySpec, check: inout SpecCheck) -> [WorkloadSelector] {
        let texts = check.bounded(spec.selectors, "spec.selectors", limit: limit) ?? []
        var selectors: [WorkloadSelector] = []
        for (index, text) in texts.enumerated() {
            let field = "spec.selectors[\(index)]"
            if text.utf8.count > byteLimit {
                check.invalid(field, "must not be longer than \(byteLimit) bytes")
            } else if let selector = WorkloadSelector(text), isWellFormed(selector) {
                if isReserved(selector) {
                    check.invalid(field, "must not be k8s:ns or k8s:sa: namespace and ServiceAccount are given")
                } else {
                    selectors.append(selector)
                }
            } else {
                check.invalid(field, "must be type:value, such as k8s:container-image:registry/app")
            }
        }
        return selectors
    }

    /// SPIRE takes any type; names of attestors are plain, and a stray blank would make an entry that never matches.
    private static func isWellFormed(_ selector: WorkloadSelector) -> Bool {
        let marks: [UInt8] = [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")]
        let isPlain = selector.type.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || marks.contains(byte)
        }
        return isPlain && !ControlCharacters.occur(in: selector.value)
            && selector.value.first?.isWhitespace == false && selector.value.last?.isWhitespace == false
    }

    private static func isReserved(_ selector: WorkloadSelector) -> Bool {
        guard selector.type == "k8s" else { return false }
        let kind = selector.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first
        return kind == "ns" || kind == "sa"
    }
}
