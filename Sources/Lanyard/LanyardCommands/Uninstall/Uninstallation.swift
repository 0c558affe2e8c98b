import ControllerRuntime
import KubernetesClient
import KubernetesModel
import LanyardAPI
import LanyardCore

/// Takes Lanyard's resources out of a cluster: gathers, and carries a plan out with progress.
struct Uninstallation: Sendable {
    let api: any KubernetesAPI
    /// The operator's own.
    let namespace: String
    let clock: any RuntimeClock
    /// How long deletions may take in all.
    let timeout: Duration
    /// Gets one line at a time.
    let tell: @Sendable (String) -> Void

    private static let interval: Duration = .seconds(2)
    /// How often the same count is told again, with what is in the way.
    private static let patience: Duration = .seconds(20)

    /// What is left when the time is over.
    struct Unfinished: Error, Equatable {
        let count: Int
    }

    /// Looks at resources, lease and ledger.
    ///
    /// - Throws: `KubernetesError`.
    func facts() async throws -> UninstallPlan.Facts {
        var resources: [UninstallPlan.Resource] = []
        for kind in UninstallKind.all { resources += try await kind.list(api) }
        var claims: [String] = []
        try await UninstallKind.ifServed {
            try await api.listAllDecodable(OwnershipRecord.self, namespace: namespace) { record in
                if case .object(let record) = record { claims += record.spec.claims.map(\.path) }
            }
        }
        return UninstallPlan.Facts(
            resources: resources, leader: try await leader(), claims: claims.sorted(), namespace: namespace)
    }

    /// Who leads: a holder that renews the lease while this looks on. Clocks are not compared.
    private func leader() async throws -> String? {
        let key = ObjectKey(namespace: namespace, name: LanyardGroup.leaseName)
        guard let first = try await api.get(Lease.self, key)?.spec, let holder = first.holderIdentity, !holder.isEmpty
        else { return nil }
        let deadline = clock.now + .seconds(max(1, first.leaseDurationSeconds ?? 1))
        while clock.now < deadline {
            try await clock.sleep(for: .seconds(1))
            let spec = try await api.get(Lease.self, key)?.spec
            guard let other = spec?.holderIdentity, !other.isEmpty else { return nil }
            if spec?.renewTime != first.renewTime { return other }
        }
        return nil
    }

    /// Carries out a plan without refusals.
    ///
    /// - Throws: `Unfinished` when something is left after the time, `KubernetesError`.
    func carryOut(_ plan: UninstallPlan) async throws {
        for resource in plan.releases {
            try await kind(named: resource.kind)?.release(api, resource.key)
            tell("let go of \(resource.title)")
        }
        let deadline = clock.now + timeout
        for name in UninstallPlan.kinds {
            let resources = plan.deletions.filter { $0.kind == name }
            guard let kind = kind(named: name), !resources.isEmpty else { continue }
            tell("deleting \(resources.count) of kind \(kind.name)")
            for resource in resources { try await kind.delete(api, resource.key) }
            try await wait(for: resources, of: kind, until: deadline)
        }
    }

    private func wait(
        for resources: [UninstallPlan.Resource], of kind: UninstallKind, until deadline: Duration
    ) async throws {
        var left = resources.map(\.key)
        var known = left.count
        var toldAt = clock.now
        while true {
            // One by one: a list would read again what nobody waits for.
            var rest: [ObjectKey] = []
            for key in left {
                if try await kind.exists(api, key) { rest.append(key) }
            }
            left = rest
            if left.isEmpty { return tell("all of kind \(kind.name) are gone") }
            let isOver = clock.now >= deadline
            if left.count != known || isOver || clock.now - toldAt >= Self.patience {
                (known, toldAt) = (left.count, clock.now)
                tell("\(left.count) of kind \(kind.name) are left")
                for key in left.prefix(isOver ? left.count : 3) {
                    if let obstacle = try await kind.obstacle(api, key) { tell("  \(key): \(obstacle)") }
                }
            }
            if isOver { throw Unfinished(count: left.count) }
            try await clock.sleep(for: Self.interval)
        }
    }

    private func kind(named name: String) -> UninstallKind? { UninstallKind.all.first { $0.name == name } }
}
