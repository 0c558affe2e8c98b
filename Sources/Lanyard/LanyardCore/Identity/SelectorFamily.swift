import LanyardAPI

/// What is known of the selectors that SPIRE's attestors give a workload: of some there is only ever one value, and an entry with
/// two of them would never be served; SPIRE itself takes both.
enum SelectorFamily {
    private static let single: [String: Set<String>] = [
        "k8s": [
            "container-name", "node-name", "pod-image-count", "pod-init-image-count", "pod-name", "pod-uid",
        ],
        "unix": ["gid", "group", "path", "sha256", "uid", "user"],
    ]
    /// All that the attestor of Kubernetes gives. What begins with `image-` comes of signatures.
    private static let ofKubernetes: Set<String> = [
        "container-image", "container-name", "node-name", "ns", "ns-label", "pod-image", "pod-image-count",
        "pod-init-image",
        "pod-init-image-count", "pod-label", "pod-name", "pod-owner", "pod-owner-uid", "pod-uid", "sa", "sigstore",
    ]

    /// Two selectors that no workload has at once, if there are any.
    static func contradiction(in selectors: Set<WorkloadSelector>) -> (WorkloadSelector, WorkloadSelector)? {
        var first: [String: WorkloadSelector] = [:]
        for selector in selectors.sorted() {
            guard let name = name(of: selector) else { continue }
            if let other = first.updateValue(selector, forKey: name) { return (other, selector) }
        }
        return nil
    }

    /// The selectors that the attestor of Kubernetes gives no workload, in order.
    static func unknown(in selectors: Set<WorkloadSelector>) -> [WorkloadSelector] {
        selectors.sorted().filter { selector in
            guard selector.type == "k8s" else { return false }
            let kind = kind(of: selector)
            return !ofKubernetes.contains(kind) && !kind.hasPrefix("image-")
        }
    }

    /// What a workload has one value of; nil where it may have several.
    private static func name(of selector: WorkloadSelector) -> String? {
        let kind = kind(of: selector)
        if single[selector.type]?.contains(kind) == true { return "\(selector.type):\(kind)" }
        guard selector.type == "k8s", kind == "pod-label" else { return nil }
        // A label's key has no colon.
        return selector.value.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).prefix(2)
            .joined(separator: ":")
    }

    private static func kind(of selector: WorkloadSelector) -> String {
        String(selector.value.prefix { $0 != ":" })
    }
}
