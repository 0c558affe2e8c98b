import KubernetesModel
import LanyardAPI

/// What is to be fixed, worked out from what was seen: pure, so that every case is a table row.
package struct Diagnosis {
    let facts: DoctorFacts
    let settings: PlanningSettings
    /// Selectors of the agents that the node alias stands for, for messages; nil when the alias is not kept here.
    let aliasSelectors: [String]?
    /// What the operator's token needs.
    let policy: OperatorPolicy
    /// How the operator logs in.
    let login: Login

    /// How the operator logs in to Vault.
    package struct Login: Equatable, Sendable {
        /// The API path of its role; nil when it has a token from elsewhere.
        package let rolePath: String?

        /// By the role at an auth method, or with a token from elsewhere.
        package init(rolePath: String?) { self.rolePath = rolePath }
    }

    /// Takes what was seen.
    package init(
        _ facts: DoctorFacts, settings: PlanningSettings, aliasSelectors: [String]?, policy: OperatorPolicy,
        login: Login
    ) {
        self.facts = facts
        self.settings = settings
        self.aliasSelectors = aliasSelectors
        self.policy = policy
        self.login = login
    }

    /// All findings, in the order of the chain.
    package var findings: [DoctorFinding] {
        cluster + spire + vault
    }

    // MARK: - Kubernetes

    private var cluster: [DoctorFinding] {
        let cluster = facts.cluster
        guard case .seen(let version) = cluster.version else {
            return [
                .init(
                    .kubernetes, "API server", .problem, "does not answer: \(cluster.version.reason)",
                    remedy: "look at kubeconfig, network and the server itself")
            ]
        }
        return [.init(.kubernetes, "API server", .ok, "Kubernetes \(version)")] + kinds + permissions + boundaries
    }

    private var kinds: [DoctorFinding] {
        let remedy = "apply crds/"
        guard case .seen(let served) = facts.cluster.servedKinds else {
            return [
                .init(
                    .kubernetes, "CRDs", .problem, "cannot be looked up: \(facts.cluster.servedKinds.reason)",
                    remedy: remedy)
            ]
        }
        let missing = Self.kinds.filter { !served.contains($0) }
        if missing.isEmpty { return [.init(.kubernetes, "CRDs", .ok, "all \(Self.kinds.count) kinds are served")] }
        return missing.map {
            .init(.kubernetes, "CRD \($0).\(LanyardGroup.name)", .problem, "is not served", remedy: remedy)
        }
    }

    /// Plural names of all kinds.
    package static let kinds = LanyardKind.all.map(\.descriptor.plural)

    private var permissions: [DoctorFinding] {
        var findings: [DoctorFinding] = []
        for (permission, state) in facts.cluster.permissions.sorted(by: { $0.key < $1.key }) {
            switch state {
            case .seen(true): break
            case .seen(false):
                findings.append(
                    .init(
                        .kubernetes, "permission", .problem, "the operator may not \(permission)",
                        remedy: "apply the roles of manifests/base and bind them to the operator's ServiceAccount"))
            case .failed(let reason):
                findings.append(.init(.kubernetes, "permission", .unknown, "\(permission): \(reason)"))
            case .skipped: break
            }
        }
        let allowed = facts.cluster.permissions.values.count { $0 == .seen(true) }
        if allowed > 0, allowed == facts.cluster.permissions.count {
            findings.append(.init(.kubernetes, "permissions", .ok, "all \(allowed) that the operator needs"))
        }
        return findings
    }

    private var boundaries: [DoctorFinding] {
        switch facts.cluster.boundaries {
        case .skipped: return []
        case .failed(let reason):
            return [.init(.kubernetes, "resources", .problem, "cannot be read: \(reason)")]
        case .seen(let boundaries):
            if boundaries.isEmpty {
                return [
                    .init(.kubernetes, "boundaries", .note, "there are none: the built-in default holds everywhere")
                ]
            }
            let broken = boundaries.compactMap { name, problem in problem.map { (name, $0) } }.sorted { $0.0 < $1.0 }
            if broken.isEmpty {
                return [.init(.kubernetes, "boundaries", .ok, "\(boundaries.count), all valid")]
            }
            return broken.map {
                .init(
                    .kubernetes, "IdentityBoundary \($0.0)", .problem, "is invalid and allows nothing: \($0.1)",
                    remedy: "correct the boundary")
            }
        }
    }

    // MARK: - SPIRE

    private var spire: [DoctorFinding] {
        guard case .seen(let domain) = facts.spire.trustDomain else {
            return [
                .init(
                    .spire, "server", .problem, "does not answer: \(facts.spire.trustDomain.reason)",
                    remedy: "look at spire.address, at the server, and at what it says of this caller")
            ]
        }
        guard domain == settings.trustDomain.name else {
            return [
                .init(
                    .spire, "trust domain", .problem,
                    "is \(domain) at the server, and \(settings.trustDomain.name) in the configuration",
                    remedy: "correct trustDomain or spire.address")
            ]
        }
        var findings: [DoctorFinding] = [.init(.spire, "server", .ok, "answers for the trust domain \(domain)")]
        let agents = aliasSelectors.map { "agents with \($0.joined(separator: ", "))" } ?? "agents"
        switch facts.spire.agents {
        case .skipped: break
        case .failed(let reason):
            findings.append(.init(.spire, "agents", .problem, "cannot be listed: \(reason)"))
        case .seen(0):
            findings.append(
                .init(
                    .spire, "agents", .problem, "there are no \(agents): no workload gets an identity",
                    remedy: "start agents, or correct spire.nodeAlias.selectors"))
        case .seen(let count): findings.append(.init(.spire, "agents", .ok, "\(count) \(agents)"))
        }
        return findings
    }
}

extension Observation {
    /// Why there is no value.
    var reason: String {
        guard case .failed(let reason) = self else { return "it was not looked at" }
        return reason
    }
}
