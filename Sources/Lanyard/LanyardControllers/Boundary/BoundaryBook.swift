package import ControllerRuntime
package import KubernetesModel
package import LanyardAPI
package import LanyardCore
import Synchronization

/// What each namespace is allowed, read from the caches of boundaries and namespaces, and which objects are outside.
package final class BoundaryBook: Sendable {
    private let boundaries: Store<IdentityBoundary>
    private let namespaces: Store<NamespaceMetadata>
    let settings: PlanningSettings
    let templates: TemplateLookup
    /// What is asked before anything is taken away.
    package let source: any BoundarySource
    private let onVerdict: @Sendable (_ namespace: String) -> Void
    private let parsed = Mutex(Parsed())
    private let verdicts = Mutex(VerdictTally())
    private let reserved = Mutex<Set<String>>([])
    let identityVerdicts = VerdictMemo<IdentityGrounds, DesiredIdentity?>()
    let bindingVerdicts = VerdictMemo<BindingGrounds, String?>()
    private let ownIDs: @Sendable () -> Set<SPIFFEID>
    private let ownNamespace: String?

    /// The boundaries of one version of the cache.
    private struct Parsed {
        var version: ResourceVersion?
        var sources = Sources()
        var boundaries: NamespaceBoundaries?
        var count = 0
    }

    /// What boundaries are parsed from: their status is not.
    private struct Sources: Equatable {
        var boundaries: [IdentityBoundary] = []
        var undecodable: [String] = []

        // By generation it would not be seen that a server was restored and edited.
        static func == (left: Sources, right: Sources) -> Bool {
            left.undecodable == right.undecodable
                && left.boundaries.elementsEqual(right.boundaries) { old, new in
                    old.metadata.name == new.metadata.name && old.metadata.uid == new.metadata.uid
                        && old.spec == new.spec
                }
        }
    }

    /// Reads from caches, which may not be filled yet.
    ///
    /// - Parameters:
    ///   - templates: the DatabaseRoleTemplates that there are.
    ///   - source: is asked before anything is taken away.
    ///   - ownIDs: the SPIFFE IDs that the operator itself has, as far as it knows.
    ///   - ownNamespace: the operator's own, whose authors may give it its identity.
    ///   - onVerdict: called when the number of objects of a namespace, or of those outside, changed for the first time since
    ///     it was last read.
    package init(
        boundaries: Store<IdentityBoundary>, namespaces: Store<NamespaceMetadata>, settings: PlanningSettings,
        templates: @escaping TemplateLookup, source: any BoundarySource,
        ownIDs: @escaping @Sendable () -> Set<SPIFFEID> = { [] }, ownNamespace: String? = nil,
        onVerdict: @escaping @Sendable (_ namespace: String) -> Void = { _ in }
    ) {
        self.ownIDs = ownIDs
        self.ownNamespace = ownNamespace
        self.boundaries = boundaries
        self.namespaces = namespaces
        self.settings = settings
        self.templates = templates
        self.source = source
        self.onVerdict = onVerdict
    }

    /// What a namespace is allowed now.
    package func effective(inNamespace namespace: String?) -> EffectiveBoundary {
        let namespace = namespace ?? ""
        let labels = namespaces.get(ObjectKey(namespace: nil, name: namespace)).map { $0.metadata.labels ?? [:] }
        return parsed.withLock { parsed in
            // The version is read first: what changes meanwhile is read again next time.
            let version = boundaries.resourceVersion
            if parsed.boundaries == nil || parsed.version != version || version == nil {
                let sources = Sources(
                    boundaries: boundaries.all, undecodable: boundaries.undecodable.keys.map(\.name).sorted())
                if parsed.boundaries == nil || parsed.sources != sources {
                    parsed = Parsed(sources: sources, count: parsed.count + 1)
                    parsed.boundaries = NamespaceBoundaries(
                        BoundarySet(sources.boundaries, undecodable: sources.undecodable, settings: settings))
                }
                parsed.version = version
            }
            return parsed.boundaries?.effective(inNamespace: namespace, labels: labels)
                ?? BoundarySet([], settings: settings).effective(inNamespace: namespace, labels: labels)
        }
    }

    /// The UID of a namespace; nil while it is not known.
    func namespaceUID(_ namespace: String?) -> String? {
        namespaces.get(ObjectKey(namespace: nil, name: namespace ?? ""))?.metadata.uid
    }
    /// How often the boundaries were parsed.
    package var timesParsed: Int { parsed.withLock { $0.count } }

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

    /// SPIFFE IDs that no identity of a namespace may have: the operator's own, as far as it knows.
    func reservedIDs(inNamespace namespace: String?) -> Set<SPIFFEID> { namespace == ownNamespace ? [] : ownIDs() }

    /// What should exist for an identity, or why not.
    ///
    /// - Parameter boundary: what holds in its namespace; what the caches say when nil.
    func admit(
        _ identity: WorkloadIdentity, within boundary: EffectiveBoundary? = nil
    ) -> Result<DesiredIdentity, Refusal> {
        admit(identity, on: grounds(for: identity, within: boundary))
    }

    /// What should exist for an identity by what was read before, or why not.
    func admit(_ identity: WorkloadIdentity, on grounds: IdentityGrounds) -> Result<DesiredIdentity, Refusal> {
        var settings = settings
        settings.reservedSPIFFEIDs.formUnion(grounds.reservedIDs)
        return Admission.identity(identity, boundary: grounds.boundary, settings: settings)
    }

    /// Whether an entry that exists for an identity has more than a boundary allows.
    func isOutside(
        standing entry: RegistrationEntry, of identity: WorkloadIdentity, within boundary: EffectiveBoundary
    ) -> Bool {
        IdentityBoundaryCheck.isOutside(standing: entry, of: identity, boundary: boundary, settings: settings)
    }

    /// What should exist for a binding, or why not.
    ///
    /// - Parameter inputs: what was read for it; what the caches say when nil.
    func admit(
        _ binding: VaultRoleBinding, subject: SubjectResolution?, given inputs: LiveInputs? = nil
    ) -> Result<DesiredAccess, Refusal> {
        admit(binding, on: grounds(for: binding, subject: subject, given: inputs))
    }

    /// What should exist for a binding by what was read before, or why not.
    func admit(_ binding: VaultRoleBinding, on grounds: BindingGrounds) -> Result<DesiredAccess, Refusal> {
        var settings = settings
        settings.reservedVaultNames.formUnion(grounds.reservedNames)
        return Admission.binding(
            binding, subject: grounds.subject, boundary: grounds.boundary, settings: settings,
            templates: { grounds.templates[$0] })
    }

    /// Whether what there is of a binding has more than a boundary allows.
    ///
    /// - Parameter held: all that the ledger says is the binding's.
    func isOutside(
        standing objects: [String: JSONValue], held: Set<String>, of binding: VaultRoleBinding,
        within boundary: EffectiveBoundary
    ) -> Bool {
        var settings = settings
        settings.reservedVaultNames.formUnion(reservedNames)
        return BindingBoundaryCheck.isOutside(
            standing: objects, held: held, of: binding, boundary: boundary, settings: settings)
    }

    /// Whether a binding may have the names that its spec gives, whoever it is for; cheap, whatever else is in the spec.
    func allowsNames(of binding: VaultRoleBinding) -> Bool {
        BindingBoundaryCheck.allowsNames(
            of: binding, boundary: effective(inNamespace: binding.metadata.namespace), settings: settings)
    }

    /// Whether that goes for the names of its database roles as well.
    func allowsEveryName(of binding: VaultRoleBinding) -> Bool {
        BindingBoundaryCheck.allowsEveryName(
            of: binding, boundary: effective(inNamespace: binding.metadata.namespace), settings: settings)
    }

    /// What `Accepted` says of annotations of an object that have no effect.
    func note(on object: some KubernetesResource) -> String? {
        object.metadata.ineffectiveAnnotationsNote(within: effective(inNamespace: object.metadata.namespace))
    }

    // MARK: - Verdicts

    /// Notes what a pass over an object found.
    func record<Object: KubernetesResource>(_ object: Object, isOutside: Bool) {
        note(object.key, of: Object.self, isOutside: isOutside)
    }

    /// Forgets an object that is gone, and its namespace with the last one.
    func forget<Object: KubernetesResource>(_ key: ObjectKey, of type: Object.Type) {
        note(key, of: type, isOutside: nil)
        if type == WorkloadIdentity.self { identityVerdicts.forget(key) } else { bindingVerdicts.forget(key) }
        let namespace = key.namespace ?? ""
        if verdicts.withLock({ $0.isEmpty(of: namespace) }) { parsed.withLock { _ = $0.boundaries?.remove(namespace) } }
    }

    private func note<Object: KubernetesResource>(_ key: ObjectKey, of type: Object.Type, isOutside: Bool?) {
        let subject = VerdictTally.Subject(kind: Object.descriptor.kind, key: key)
        if verdicts.withLock({ $0.note(subject, isOutside: isOutside) }) { onVerdict(key.namespace ?? "") }
    }

    /// How many objects there are in the namespaces that a boundary is about, and how many of them are outside.
    func counts(of boundary: IdentityBoundary) -> (namespaces: Int, resources: Int, violating: Int) {
        let matching = Set(namespaces.all.filter { boundary.matches($0) }.map(\.metadata.name))
        let count = verdicts.withLock { $0.read(matching) }
        return (matching.count, count.resources, count.violating)
    }
}

extension IdentityBoundary {
    /// Whether it is about a namespace.
    func matches(_ namespace: NamespaceMetadata) -> Bool {
        NamespaceMatch(
            spec.namespaces, namespace: namespace.metadata.name, labels: namespace.metadata.labels ?? [:]) == .matches
    }
}
