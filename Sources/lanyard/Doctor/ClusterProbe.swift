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

    /// Boundaries, bindings and mounts of the cluster.
    struct Resources: Sendable {
        var contents = OperatorPolicyOptions.Contents()
        /// Why the boundaries could not be read.
        var failure: String?
    }

    /// Reads what the policy of the operator depends on.
    func resources() async -> Resources {
        var resources = Resources()
        do {
            for object in try await api.listDecodable(IdentityBoundary.self).items {
                switch object {
                case .object(let boundary): resources.contents.boundaries.append(boundary)
                case .undecodable(let object): resources.contents.unreadable.append(object.key.name)
                }
            }
            let parts: [String?] = watchedNamespaces.isEmpty ? [nil] : watchedNamespaces
            for part in parts {
                for object in try await api.listDecodable(VaultRoleBinding.self, namespace: part).items {
                    if case .object(let binding) = object { resources.contents.bindings.append(binding) }
                }
            }
            for object in try await api.listDecodable(VaultMount.self).items {
                if case .object(let mount) = object { resources.contents.mounts.append(mount) }
            }
            // What tells whether the operator accepts the bindings.
            for part in parts {
                for object in try await api.listDecodable(WorkloadIdentity.self, namespace: part).items {
                    if case .object(let identity) = object { resources.contents.identities.append(identity) }
                }
            }
            for object in try await api.listDecodable(DatabaseRoleTemplate.self).items {
                if case .object(let template) = object { resources.contents.templates.append(template) }
            }
            // Without its labels a namespace has what boundaries give it by name.
            resources.contents.namespaces = (try? await api.list(NamespaceMetadata.self))?.items ?? []
        } catch {
            resources.failure = Self.reason(error)
        }
        return resources
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
            for boundary in resources.contents.boundaries {
                let violations = BoundarySet.violations(of: boundary, settings: settings)
                states.updateValue(violations?.message, forKey: boundary.metadata.name)
            }
            for name in resources.contents.unreadable { states[name] = "it does not fit the type" }
            facts.boundaries = .seen(states)
        }
        return facts
    }

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
