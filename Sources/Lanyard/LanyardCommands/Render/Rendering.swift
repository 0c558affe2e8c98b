import KubernetesModel
import LanyardAPI
import LanyardCore

/// Plans manifests as the operator would, without any server.
struct Rendering {
    let settings: PlanningSettings
    /// Namespace of objects that do not say one.
    let defaultNamespace: String?

    /// What the identities, bindings and mounts of the documents become; what else is there counts for them.
    func report(on documents: [ManifestDocument]) -> RenderReport {
        let objects = documents.flatMap(\.objects).map { TypedManifest($0, defaultNamespace: defaultNamespace) }
        let context = ValidationContext(objects, settings: settings)
        return RenderReport(resources: objects.compactMap { rendered($0, context) })
    }

    private func rendered(_ object: TypedManifest, _ context: ValidationContext) -> RenderedResource? {
        guard let kind = object.kind, LanyardKind.all.contains(where: { $0.descriptor.kind == kind && $0.isCleanedUp })
        else { return nil }
        var resource = RenderedResource(
            file: object.document.file, document: object.document.number, kind: kind,
            namespace: object.metadata?.namespace, name: object.metadata?.name ?? "")
        resource.refusals = object.problems.map { "\($0.field): \($0.message)" }
        switch object.content {
        case let identity as WorkloadIdentity:
            add(context.admit(identity).mapError(\.violations), to: &resource) { desired, resource in
                switch desired.placement {
                case .cluster: resource.entries = desired.entries().entries.map { .init($0.entry) }
                case .node: resource.notes.append("one entry for each node that runs a matching pod")
                case .pod: resource.notes.append("one entry for each matching pod")
                }
            }
        case let binding as VaultRoleBinding:
            add(context.admit(binding).mapError(\.violations), to: &resource) { access, resource in
                resource.objects = RenderedResource.objects(of: access)
                resource.notes = RenderedResource.notes(on: access)
                if context.subject(of: binding) == nil {
                    resource.notes.append("the WorkloadIdentity is not among the files, so nobody may log in yet")
                }
            }
        case let mount as VaultMount:
            add(MountPlanner.desired(for: mount, held: []), to: &resource) { desired, resource in
                resource.objects = RenderedResource.objects(of: desired)
                if desired.needsTrustKeys { resource.notes.append("with the keys of SPIRE's bundle") }
            }
        default: break
        }
        return resource
    }

    private func add<Desired>(
        _ result: Result<Desired, SpecViolations>, to resource: inout RenderedResource,
        _ show: (Desired, inout RenderedResource) -> Void
    ) {
        switch result {
        case .success(let desired) where resource.refusals.isEmpty: show(desired, &resource)
        case .success: break
        case .failure(let refusal):
            resource.refusals += refusal.violations.map { "\($0.field): \($0.message)" }
        }
    }
}
