import KubernetesModel
import LanyardAPI
import LanyardCore

/// What declared objects say together: boundaries, labels of namespaces, and what bindings refer to. Of two of one name the
/// later counts.
struct ValidationContext {
    let settings: PlanningSettings
    private let boundaries: BoundarySet
    private let labels: [String: [String: String]]
    private let identities: [ObjectKey: WorkloadIdentity]
    private let templates: [String: DatabaseRoleTemplate]

    /// Takes objects into account.
    init(_ objects: DeclaredObjects, settings: PlanningSettings) {
        self.settings = settings
        boundaries = BoundarySet(objects.boundaries, undecodable: objects.unreadable, settings: settings)
        labels = Dictionary(
            objects.namespaces.map { ($0.metadata.name, $0.metadata.labels ?? [:]) }, uniquingKeysWith: { $1 })
        identities = Dictionary(objects.identities.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        templates = Dictionary(objects.templates.map { ($0.metadata.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Takes manifests into account.
    init(_ manifests: [TypedManifest], settings: PlanningSettings) {
        self.init(manifests.reduce(into: DeclaredObjects()) { $0.add($1) }, settings: settings)
    }

    /// Why the operator would refuse an object.
    func violations(of manifest: TypedManifest) -> [SpecViolation] {
        switch manifest.content {
        case let identity as WorkloadIdentity: violations(in: admit(identity))
        case let binding as VaultRoleBinding: violations(in: admit(binding))
        case let object as any SelfContainedKind: object.violations(settings: settings)?.violations ?? []
        default: []
        }
    }

    /// What the author should know of an object that is not refused for it.
    func notes(on manifest: TypedManifest) -> [SpecViolation] {
        let metadata: ObjectMeta
        var notes: [SpecViolation] = []
        func note(_ field: String, _ message: String) -> SpecViolation {
            SpecViolation(kind: .invalid, field: field, message: message)
        }
        switch manifest.content {
        case let identity as WorkloadIdentity: metadata = identity.metadata
        case let binding as VaultRoleBinding:
            metadata = binding.metadata
            if let name = binding.spec.workloadIdentityRef?.name, subject(of: binding) == nil {
                notes.append(
                    note(
                        "spec.workloadIdentityRef.name",
                        "no accepted WorkloadIdentity \(Printable.quoted(name)) is among the files: what depends on its "
                            + "ServiceAccount was not checked"))
            }
            for (index, role) in (binding.spec.databaseRoles ?? []).enumerated() {
                guard let name = role.template, templates[name] == nil else { continue }
                notes.append(
                    note(
                        "spec.databaseRoles[\(index)].template",
                        "no DatabaseRoleTemplate \(Printable.quoted(name)) is among the files: what depends on it was not "
                            + "checked"))
            }
            for (index, entry) in (binding.spec.access?.kv ?? []).enumerated() {
                guard let hint = KVPathHint.text(for: entry, mounts: settings.mounts) else { continue }
                notes.append(note("spec.access.kv[\(index)].path", hint))
            }
        case let mount as VaultMount:
            return AnnotationCheck.oddities(in: mount.metadata.annotations).map { note("metadata.annotations", $0) }
        default: return []
        }
        let boundary = effective(in: metadata.namespace)
        let annotations = [
            (LanyardGroup.pausedAnnotation, boundary.allowsPause),
            (LanyardGroup.adoptAnnotation, boundary.allowsAdoption),
        ]
        for (name, isAllowed) in annotations where metadata.annotations?[name] == "true" && !isAllowed {
            notes.append(note("metadata.annotations", "\(name) has no effect, since no boundary allows it"))
        }
        return notes + AnnotationCheck.oddities(in: metadata.annotations).map { note("metadata.annotations", $0) }
    }

    /// What an identity would become, or why nothing.
    func admit(_ identity: WorkloadIdentity) -> Result<DesiredIdentity, Refusal> {
        Admission.identity(identity, boundary: effective(in: identity.metadata.namespace), settings: settings)
    }

    /// What a binding would become, or why nothing.
    func admit(_ binding: VaultRoleBinding) -> Result<DesiredAccess, Refusal> {
        let templates = templates
        return Admission.binding(
            binding, subject: subject(of: binding), boundary: effective(in: binding.metadata.namespace),
            settings: settings, templates: { templates[$0] })
    }

    private func effective(in namespace: String?) -> EffectiveBoundary {
        let namespace = namespace ?? ""
        return boundaries.effective(inNamespace: namespace, labels: labels[namespace])
    }

    /// Who gets the access of a binding; nil when no accepted identity of that name is there.
    func subject(of binding: VaultRoleBinding) -> SubjectResolution? {
        guard let reference = binding.spec.workloadIdentityRef else {
            return .serviceAccounts(binding.spec.serviceAccountNames ?? [])
        }
        let key = ObjectKey(namespace: binding.metadata.namespace, name: reference.name)
        guard let identity = identities[key],
            let desired = try? admit(identity).get()
        else { return nil }
        return .identity(serviceAccount: desired.serviceAccountName, spiffeID: desired.spiffeID)
    }

    private func violations<Desired>(in result: Result<Desired, Refusal>) -> [SpecViolation] {
        if case .failure(let refusal) = result { refusal.violations.violations } else { [] }
    }
}
