import KubernetesModel
import LanyardAPI
import LanyardCore

/// Which bindings the operator would accept. What a tenant only asks for must not count when rights are handed out.
enum AdmittedBindings {
    /// What is to exist for each that is accepted, in the order of the bindings, and the keys of the others.
    static func among(
        _ contents: OperatorPolicyOptions.Contents, settings: PlanningSettings
    ) -> (accesses: [DesiredAccess], refused: [ObjectKey]) {
        let set = BoundarySet(contents.boundaries, undecodable: contents.unreadable, settings: settings)
        let labels = Dictionary(
            contents.namespaces.map { ($0.metadata.name, $0.metadata.labels ?? [:]) }, uniquingKeysWith: { $1 })
        let identities = Dictionary(contents.identities.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        let templates = Dictionary(contents.templates.map { ($0.metadata.name, $0) }, uniquingKeysWith: { $1 })
        var boundaries: [String: EffectiveBoundary] = [:]
        var accesses: [DesiredAccess] = []
        var refused: [ObjectKey] = []
        for binding in contents.bindings {
            let namespace = binding.metadata.namespace ?? ""
            let boundary =
                boundaries[namespace] ?? set.effective(inNamespace: namespace, labels: labels[namespace])
            boundaries[namespace] = boundary
            let admission = Admission.binding(
                binding, subject: subject(of: binding, among: identities, boundary: boundary, settings: settings),
                boundary: boundary, settings: settings, templates: { templates[$0] })
            switch admission {
            case .success(let access): accesses.append(access)
            case .failure: refused.append(binding.key)
            }
        }
        return (accesses, refused)
    }

    /// Who gets the access; nil when that is not known, and then only what nobody would be allowed counts.
    private static func subject(
        of binding: VaultRoleBinding, among identities: [ObjectKey: WorkloadIdentity], boundary: EffectiveBoundary,
        settings: PlanningSettings
    ) -> SubjectResolution? {
        guard let reference = binding.spec.workloadIdentityRef else {
            return .serviceAccounts(binding.spec.serviceAccountNames ?? [])
        }
        let key = ObjectKey(namespace: binding.metadata.namespace, name: reference.name)
        guard let identity = identities[key],
            let desired = try? Admission.identity(identity, boundary: boundary, settings: settings).get()
        else { return nil }
        return .identity(serviceAccount: desired.serviceAccountName, spiffeID: desired.spiffeID)
    }
}
