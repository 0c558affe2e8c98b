import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore

/// Looks at the API server.
struct ClusterProbe: Sendable {
    let api: any KubernetesAPI
    /// The operator's own.
    let namespace: String
    /// Those that are watched; none for all.
    let watchedNamespaces: [String]
    let settings: PlanningSettings

    /// What the policy of the operator depends on.
    struct Resources: Sendable {
        var objects = DeclaredObjects()
        /// What could not be read, and why; then something is missing.
        var failure: String?
    }

    /// A kind that cannot be listed.
    private struct Unlisted: Error {
        let reason: String
    }

    /// Reads what the policy of the operator depends on.
    func resources() async -> Resources {
        var resources = Resources()
        do throws(Unlisted) {
            try await read(into: &resources.objects)
        } catch {
            resources.failure = error.reason
        }
        return resources
    }

    private func read(into objects: inout DeclaredObjects) async throws(Unlisted) {
        // In the order of the list what refers to others comes before them: what is made meanwhile refers to nothing unknown.
        for kind in LanyardKind.declared {
            try await read(kind.type, in: kind.descriptor.isNamespaced ? namespaces : [nil], into: &objects)
        }
        try await read(NamespaceMetadata.self, in: [nil], into: &objects)
    }

    private func read<Object: KubernetesResource>(
        _ type: Object.Type, in namespaces: [String?], into objects: inout DeclaredObjects
    ) async throws(Unlisted) {
        for namespace in namespaces {
            for item in try await list(type, namespace: namespace) {
                switch item {
                case .object(let object): objects.add(object)
                case .undecodable(let object): objects.add(unreadable: object.key.name, of: Object.descriptor.kind)
                }
            }
        }
    }

    private func list<Object: KubernetesResource>(
        _ type: Object.Type, namespace: String?
    ) async throws(Unlisted) -> [DecodedObject<Object>] {
        do {
            return try await api.listDecodable(type, namespace: namespace).items
        } catch {
            throw Unlisted(reason: "\(Object.descriptor.plural): \(Self.reason(error))")
        }
    }

    /// Looks at the rest.
    func facts(_ resources: Resources) async -> DoctorFacts.Cluster {
        var facts = DoctorFacts.Cluster()
        facts.version = await observe {
            try await answer(to: APIRequest(.get, "/version"))["gitVersion"]?.string ?? "of an unknown version"
        }
        guard facts.version.value != nil else { return facts }
        facts.servedKinds = await servedKinds()
        facts.permissions = await permissions()
        if let failure = resources.failure {
            facts.boundaries = .failed(failure)
        } else {
            var states: [String: String?] = [:]
            for boundary in resources.objects.boundaries {
                let violations = BoundarySet.violations(of: boundary, settings: settings)
                states.updateValue(violations?.message, forKey: boundary.metadata.name)
            }
            for name in resources.objects.unreadable { states[name] = "it does not fit the type" }
            facts.boundaries = .seen(states)
        }
        return facts
    }

    /// Looks who may have names in Vault.
    func nameOwners() async -> Observation<NameOwners> {
        await observe {
            var owners = NameOwners(namespaces: watchedNamespaces)
            for record in try await api.list(OwnershipRecord.self, namespace: namespace).items {
                owners.claimed.formUnion(record.spec.claims.map(\.path))
            }
            for part in namespaces {
                for binding in try await api.listDecodable(VaultRoleBinding.self, namespace: part).items {
                    owners.add(binding)
                }
            }
            return owners
        }
    }

    /// The namespaces to list one by one; nil for all of them together.
    private var namespaces: [String?] { watchedNamespaces.isEmpty ? [nil] : watchedNamespaces }

    private func servedKinds() async -> Observation<Set<String>> {
        do {
            let list = try await answer(to: APIRequest(.get, "/apis/\(LanyardGroup.name)/\(LanyardGroup.version)"))
            return .seen(Set((list["resources"]?.array ?? []).compactMap { $0["name"]?.string }))
        } catch let error as KubernetesError where error.code == .notServed || error.code == .notFound {
            return .seen([])
        } catch {
            return .failed(Self.reason(error))
        }
    }

    private func permissions() async -> [OperatorPermission: Observation<Bool>] {
        await withTaskGroup(of: (OperatorPermission, Observation<Bool>).self) { group in
            for permission in OperatorPermission.all {
                group.addTask {
                    (permission, await observe { try await isAllowed(permission) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func isAllowed(_ permission: OperatorPermission) async throws -> Bool {
        guard permission.isOfTenants, !watchedNamespaces.isEmpty else {
            return try await isAllowed(permission, in: permission.isOwnNamespace ? namespace : nil)
        }
        for namespace in watchedNamespaces {
            guard try await isAllowed(permission, in: namespace) else { return false }
        }
        return true
    }

    /// - Parameter namespace: nil for all.
    private func isAllowed(_ permission: OperatorPermission, in namespace: String?) async throws -> Bool {
        var attributes: [String: JSONValue] = [
            "verb": .string(permission.verb), "group": .string(permission.group),
            "resource": .string(permission.resource),
        ]
        if let subresource = permission.subresource { attributes["subresource"] = .string(subresource) }
        if let name = permission.name { attributes["name"] = .string(name) }
        if let namespace { attributes["namespace"] = .string(namespace) }
        let review: JSONValue = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": ["resourceAttributes": .object(attributes)],
        ]
        let answer = try await answer(
            to: APIRequest(
                .post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", contentType: "application/json",
                body: try JSON.encode(review)))
        return answer["status"]?["allowed"]?.bool ?? false
    }

    private func answer(to request: APIRequest) async throws -> JSONValue {
        try JSONValue(parsing: try await api.send(request))
    }

    private func observe<Value: Equatable & Sendable>(
        _ look: () async throws -> Value
    ) async -> Observation<Value> {
        do {
            return .seen(try await look())
        } catch {
            return .failed(Self.reason(error))
        }
    }

    /// Without the server's own text.
    private static func reason(_ error: any Error) -> String {
        (error as? KubernetesError).map { "\($0.code)" } ?? "the answer is not understood"
    }
}
