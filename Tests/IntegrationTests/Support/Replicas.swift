import KubernetesClient
import KubernetesModel
import Subprocess
import Testing

/// Two operator processes with one Lease, at its default times: it lasts 15 s, is renewed within 10 s, and tried every 2 s.
struct Replicas: Sendable {
    /// Leads at first.
    let first: OperatorRun
    let second: OperatorRun

    /// The roles with which the two log in to OpenBao, so that its log tells them apart.
    static let roles = (first: "it-replica-first", second: "it-replica-second")

    private static let lease = ObjectKey(namespace: "lanyard-system", name: "lanyard")

    /// Runs both while `body` runs; then stops them.
    ///
    /// - Parameters:
    ///   - settings: values of `--set`, of the first and of the second.
    /// - Returns: the result of `body`, and how the first process ended.
    static func run<Result: Sendable>(
        in environment: TestEnvironment, _ cluster: Cluster, settings: (first: [String], second: [String]) = ([], []),
        _ body: (Replicas) async throws -> Result
    ) async throws -> (result: Result, firstEnd: TerminationStatus) {
        let bao = Bao(environment: environment)
        for role in [roles.first, roles.second] {
            try await bao.write(
                "auth/kubernetes/role/\(role)",
                [
                    "bound_service_account_names": "lanyard", "bound_service_account_namespaces": "lanyard-system",
                    "audience": "vault", "token_policies": "lanyard-operator", "token_no_default_policy": true,
                    "token_ttl": "10m",
                ])
        }
        let common = [
            "leaderElection.leaseDuration=15s", "leaderElection.renewDeadline=10s", "leaderElection.retryPeriod=2s",
            "reconcile.resyncInterval=1h",
        ]
        let outcome = try await OperatorRun.run(
            in: environment, settings: common + ["vault.auth.role=\(roles.first)"] + settings.first
        ) { first in
            try await first.waitUntilWorking()
            return try await OperatorRun.run(
                in: environment, settings: common + ["vault.auth.role=\(roles.second)"] + settings.second
            ) { second in
                try await second.waitUntilReady()
                return try await body(Replicas(first: first, second: second))
            }.result
        }
        for role in [roles.first, roles.second] { try await bao.delete("auth/kubernetes/role/\(role)") }
        return (outcome.result, outcome.end)
    }

    /// Who leads; nil when nobody does.
    static func holder(_ cluster: Cluster) async throws -> String? {
        let holder: String? = try await cluster.api.get(Lease.self, lease)?.spec?.holderIdentity
        return holder?.isEmpty == false ? holder : nil
    }

    /// Waits until somebody else leads.
    static func waitForSuccessor(
        of holder: String?, _ cluster: Cluster, within limit: Duration = .seconds(25)
    ) async throws {
        try await eventually("the other replica leads", within: limit) {
            let now = try await Self.holder(cluster)
            return now != nil && now != holder ? nil : "the holder is \(now ?? "nobody")"
        }
    }
}
