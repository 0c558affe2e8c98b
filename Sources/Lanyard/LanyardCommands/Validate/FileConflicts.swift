import KubernetesModel
import LanyardAPI
import LanyardCore

/// Finds objects among the files of which only one can have what it wants: in the cluster the older one would, and the other
/// one would get `Conflict`.
struct FileConflicts {
    private let context: ValidationContext
    /// Who wants what first, by what it is.
    private var claims: [String: TypedManifest] = [:]
    private var mounts: [(location: MountLocation, object: TypedManifest)] = []

    /// Knows nothing yet.
    init(context: ValidationContext) { self.context = context }

    /// What an object wants that an earlier one wants as well; afterwards it is an earlier one itself.
    mutating func violations(of object: TypedManifest) -> [SpecViolation] {
        switch object.content {
        case let binding as VaultRoleBinding: violations(of: object, binding)
        case let identity as WorkloadIdentity: violations(of: object, identity)
        case let mount as VaultMount: violations(of: object, mount)
        default: []
        }
    }

    private mutating func violations(of object: TypedManifest, _ binding: VaultRoleBinding) -> [SpecViolation] {
        guard let access = try? context.admit(binding).get() else { return [] }
        var fields: [(claim: String, field: String)] = [
            (access.policyPath, binding.spec.policyName == nil ? "spec.roleName" : "spec.policyName")
        ]
        fields += [access.kubernetesRole?.path, access.jwtRole?.path].compactMap { $0 }.map { ($0, "spec.roleName") }
        for (index, role) in access.databaseRoles.enumerated() {
            fields.append((role.path, "spec.databaseRoles[\(index)].vaultName"))
            if let user = role.userClaim { fields.append((user, "spec.databaseRoles[\(index)].static.username")) }
        }
        return fields.compactMap { claim, field in
            earlier(object, claim).map { conflict(field, claim, $0) }
        }
    }

    private mutating func violations(of object: TypedManifest, _ identity: WorkloadIdentity) -> [SpecViolation] {
        guard let desired = try? context.admit(identity).get(), desired.placement == .cluster else { return [] }
        return desired.entries().entries.compactMap { wanted in
            let tuple = wanted.entry.tuple
            let selectors = tuple.selectors.map(\.description).sorted().joined(separator: " ")
            guard let first = earlier(object, "\(tuple.spiffeID) \(selectors)") else { return nil }
            return conflict("spec.spiffeID", "\(tuple.spiffeID) for the same pods", first)
        }
    }

    private mutating func violations(of object: TypedManifest, _ mount: VaultMount) -> [SpecViolation] {
        guard let location = try? MountPlanner.desired(for: mount, held: []).get().location else { return [] }
        defer { mounts.append((location, object)) }
        let path = location.mountPath
        for (other, first) in mounts where other.isAuthMethod == location.isAuthMethod {
            let taken = other.mountPath
            if path == taken { return [conflict("spec.path", path, first)] }
            guard path.hasPrefix("\(taken)/") || taken.hasPrefix("\(path)/") else { continue }
            return [
                SpecViolation(
                    kind: .invalid, field: "spec.path",
                    message: "is \(path), and \(title(of: first)) has \(taken): no mount can be below another one")
            ]
        }
        return []
    }

    private mutating func earlier(_ object: TypedManifest, _ claim: String) -> TypedManifest? {
        if let first = claims[claim] { return first }
        claims[claim] = object
        return nil
    }

    private func conflict(_ field: String, _ claim: String, _ first: TypedManifest) -> SpecViolation {
        SpecViolation(
            kind: .invalid, field: field,
            message: "asks for \(claim), which \(title(of: first)) asks for as well: only one of them can have it")
    }

    private func title(of object: TypedManifest) -> String {
        let namespace = object.metadata?.namespace.map { "\($0)/" } ?? ""
        return "\(object.kind ?? "") \(namespace)\(object.metadata?.name ?? "")"
    }
}
