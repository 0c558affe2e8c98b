import KubernetesModel
import LanyardAPI

/// Something that the operator does at the API server, and so must be allowed to do.
package struct OperatorPermission: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What is done, by Kubernetes' name: `list`.
    package let verb: String
    /// The API group; empty for the core group.
    package let group: String
    /// The plural name of the kind, as roles have it.
    package let resource: String
    /// Such as `status`; nil for the object itself.
    package let subresource: String?
    /// The one object that it is about; nil for all.
    package let name: String?
    /// Whether it is about the operator's own namespace alone.
    package let isOwnNamespace: Bool

    /// Whether it is about objects of tenants' namespaces: where only some are watched, those are enough.
    package var isOfTenants: Bool {
        let kinds = LanyardKind.all.filter { $0.author == .tenants }.map(\.descriptor.plural)
        return !isOwnNamespace && (kinds + ["pods", "serviceaccounts"]).contains(resource)
    }

    /// `patch workloadidentities/status`
    package var description: String {
        "\(verb) \(resource)\(subresource.map { "/\($0)" } ?? "")\(name.map { " \($0)" } ?? "")"
    }

    package static func < (left: OperatorPermission, right: OperatorPermission) -> Bool {
        (left.group, left.resource, left.subresource ?? "", left.verb)
            < (right.group, right.resource, right.subresource ?? "", right.verb)
    }

    /// All of them: what `manifests/base` grants.
    package static let all: [OperatorPermission] =
        LanyardKind.all.flatMap { grants(on: $0) }
        + LanyardKind.all.flatMap {
            grant(["get"], "apiextensions.k8s.io", "customresourcedefinitions", name: $0.descriptor.qualifiedName)
        } + others

    private static let others: [OperatorPermission] =
        grant(["get", "list", "watch"], "", "namespaces")
        + grant(["list", "watch"], "", "pods", "nodes")
        + grant(["get"], "", "serviceaccounts")
        + grant(["create", "patch"], "events.k8s.io", "events")
        + grant(["create"], "coordination.k8s.io", "leases", isOwn: true)
        + grant(["get", "watch", "patch"], "coordination.k8s.io", "leases", name: LanyardGroup.leaseName, isOwn: true)
        + grant(["get"], "", "secrets", isOwn: true)
        + grant(["patch"], "", "secrets", name: "lanyard-digest-key", isOwn: true)

    /// What people write is read, and its status is written; only what is cleaned up after gets a finalizer, or is read alone.
    private static func grants(on kind: LanyardKind) -> [OperatorPermission] {
        let (group, plural) = (kind.descriptor.group, kind.descriptor.plural)
        if kind.author == .theOperator {
            return grant(["get", "list", "watch", "create", "update", "delete"], group, plural, isOwn: true)
        }
        return grant(kind.isCleanedUp ? ["get", "list", "watch", "patch"] : ["list", "watch"], group, plural)
            + grant(["patch"], group, "\(plural)/status")
    }

    private static func grant(
        _ verbs: [String], _ group: String, _ resources: String..., name: String? = nil, isOwn: Bool = false
    ) -> [OperatorPermission] {
        resources.flatMap { resource in
            let parts = resource.split(separator: "/").map(String.init)
            return verbs.map { verb in
                OperatorPermission(
                    verb: verb, group: group, resource: parts.first ?? resource,
                    subresource: parts.count > 1 ? parts.last : nil, name: name, isOwnNamespace: isOwn)
            }
        }
    }
}

/// What people do when the operator lacks something; said by conditions, events and `lanyard doctor` in the same words.
package enum OperatorRemedy {
    /// Prints the policy that the operator needs in Vault now, and lets it read that.
    package static let policyCommand = "lanyard vault-policy --config FILE --from-cluster --policy-name NAME"
    /// Prints and writes it.
    package static let policy = "\(policyCommand) | vault policy write NAME -"
}
