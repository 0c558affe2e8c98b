package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
import Synchronization

/// What each namespace is allowed, read from the caches of boundaries and namespaces, and which objects are outside.
package final class BoundaryBook: Sendable {
    private let boundaries: Store<IdentityBoundary>
    private let namespaces: Store<NamespaceMetadata>
    private let settings: PlanningSettings
    private let templates: TemplateLookup
    private let onVerdict: @Sendable (_ namespace: String) -> Void
    private let parsed = Mutex(Parsed())
    private let verdicts = Mutex<[Subject: Bool]>([:])
    private let reserved = Mutex<Set<String>>([])

    /// The boundaries of one version of the cache.
    private struct Parsed {
        var version: ResourceVersion?
        var set: BoundarySet?
        var byNamespace: [String: (labels: [String: String]?, boundary: EffectiveBoundary)] = [:]
    }

    private struct Subject: Hashable {
        let kind: String
        let key: ObjectKey
    }

    /// Reads from caches.
    ///
    /// - Parameters:
    ///   - templates: the DatabaseRoleTemplates that there are.
    ///   - onVerdict: called when the number of objects of a namespace, or of those outside, changed.
    package init(
        boundaries: Store<IdentityBoundary>, namespaces: Store<NamespaceMetadata>, settings: PlanningSettings,
        templates: @escaping TemplateLookup,
        onVerdict: @escaping @Sendable (_ namespace: String) -> Void = { _ in }
    ) {
        self.boundaries = boundaries
        self.namespaces = namespaces
        self.settings = settings
        self.templates = templates
        self.onVerdict = onVerdict
    }

    /// What a namespace is allowed now.
    package func effective(inNamespace namespace: String?) -> EffectiveBoundary {
        let namespace = namespace ?? ""
        let labels = namespaces.get(ObjectKey(namespace: nil, name: namespace)).map { $0.metadata.labels ?? [:] }
        return parsed.withLock { parsed in
            // The version is read first: what changes meanwhile is read again next time.
            let version = boundaries.resourceVersion
            if parsed.set == nil || parsed.version != version || version == nil {
                parsed = Parsed(version: version)
                parsed.set = BoundarySet(
                    boundaries.all, undecodable: boundaries.undecodable.keys.map(\.name), settings: settings)
            }
            if let known = parsed.byNamespace[namespace], known.labels == labels { return known.boundary }
            let set = parsed.set ?? BoundarySet([], settings: settings)
            let boundary = set.effective(inNamespace: namespace, labels: labels)
            parsed.byNamespace[namespace] = (labels, boundary)
            return boundary
        }
    }

    /// Names of Vault that are the operator's own, beside those that its configuration says.
    var reservedNames: Set<String> { reserved.withLock { $0 } }

    /// Keeps the names of the operator's own policies from all bindings. They are known only once it has logged in: what
    /// was admitted before must be admitted anew.
    ///
    /// - Returns: all of them now.
    func reserve(_ policies: Set<String>) -> Set<String> {
        let names = Set(policies.map { $0.lowercased() }).subtracting(VaultName.builtInPolicies)
        return reserved.withLock { reserved in
            reserved.formUnion(names)
            return reserved
        }
    }

    /// What should exist for an identity, or why not.
    func admit(_ identity: WorkloadIdentity) -> Result<DesiredIdentity, Refusal> {
        Admission.identity(
            identity, boundary: effective(inNamespace: identity.metadata.namespace), settings: settings)
    }

    /// What should exist for a binding, or why not.
    func admit(_ binding: VaultRoleBinding, subject: SubjectResolution?) -> Result<DesiredAccess, Refusal> {
        var settings = settings
        settings.reservedVaultNames.formUnion(reservedNames)
        return Admission.binding(
            binding, subject: subject, boundary: effective(inNamespace: binding.metadata.namespace),
            settings: settings, templates: templates)
    }

    // MARK: - Verdicts

    /// Notes what a pass over an object found.
    func record<Object: KubernetesResource>(_ object: Object, isOutside: Bool) {
        let subject = Subject(kind: Object.descriptor.kind, key: object.key)
        let isNews = verdicts.withLock { $0.updateValue(isOutside, forKey: subject) != isOutside }
        if isNews { onVerdict(object.metadata.namespace ?? "") }
    }

    /// Forgets an object that is gone.
    func forget<Object: KubernetesResource>(_ key: ObjectKey, of type: Object.Type) {
        let subject = Subject(kind: Object.descriptor.kind, key: key)
        if verdicts.withLock({ $0.removeValue(forKey: subject) }) != nil { onVerdict(key.namespace ?? "") }
    }

    /// How many objects there are in the namespaces that a boundary is about, and how many of them are outside.
    func counts(of boundary: IdentityBoundary) -> (namespaces: Int, resources: Int, violating: Int) {
        let matching = Set(namespaces.all.filter { boundary.matches($0) }.map(\.metadata.name))
        return verdicts.withLock { verdicts in
            verdicts.reduce(into: (matching.count, 0, 0)) { counts, entry in
                guard matching.contains(entry.key.key.namespace ?? "") else { return }
                counts.1 += 1
                if entry.value { counts.2 += 1 }
            }
        }
    }
}

extension IdentityBoundary {
    /// Whether it is about a namespace.
    func matches(_ namespace: NamespaceMetadata) -> Bool {
        NamespaceMatch(
            spec.namespaces, namespace: namespace.metadata.name, labels: namespace.metadata.labels ?? [:]) == .matches
    }
}
