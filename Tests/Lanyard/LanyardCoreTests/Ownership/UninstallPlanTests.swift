import KubernetesModel
import LanyardCore
import Testing

@Suite("UninstallPlan")
struct UninstallPlanTests {
    private typealias Resource = UninstallPlan.Resource

    private static let binding = Resource(
        kind: "VaultRoleBinding", key: ObjectKey(namespace: "shop", name: "web"))
    private static let identity = Resource(
        kind: "WorkloadIdentity", key: ObjectKey(namespace: "shop", name: "web"))
    private static let mount = Resource(kind: "VaultMount", key: ObjectKey(namespace: nil, name: "kv"))
    private static let boundary = Resource(
        kind: "IdentityBoundary", key: ObjectKey(namespace: nil, name: "shop"), isHeld: false)

    private func plan(
        _ mode: UninstallPlan.Mode, leader: String? = nil, _ change: (inout [Resource]) -> Void = { _ in }
    ) -> UninstallPlan {
        var resources = [Self.boundary, Self.mount, Self.identity, Self.binding]
        change(&resources)
        return UninstallPlan.make(
            mode,
            facts: .init(
                resources: resources, leader: leader, claims: ["sys/policies/acl/web"], namespace: "lanyard-system"))
    }

    @Test("with an operator everything is deleted, logins first and boundaries last")
    func remove() {
        let made = plan(.remove(destroysMounts: false), leader: "pod")
        #expect(made.refusals == [] && made.releases == [])
        #expect(
            made.deletions.map(\.kind) == ["VaultRoleBinding", "WorkloadIdentity", "VaultMount", "IdentityBoundary"])
    }

    @Test("without an operator nothing is deleted that would wait for it, and what waits for nobody is")
    func removeAlone() throws {
        let made = plan(.remove(destroysMounts: false))
        try #require(made.refusals.count == 1)
        #expect(made.refusals[0].hasPrefix("no operator leads"))
        #expect(plan(.remove(destroysMounts: false)) { $0 = [Self.boundary] }.refusals == [])
    }

    @Test("what would wait for ever, or destroy data, is refused by name")
    func unsafe() throws {
        let paused = plan(.remove(destroysMounts: false), leader: "pod") { $0[3].isPaused = true }
        #expect(
            paused.refusals == [
                "VaultRoleBinding shop/web: paused, and would wait for ever: take the annotation lanyard.dev/paused away"
            ])
        let destructive: (inout [Resource]) -> Void = { $0[1].isDestructive = true }
        let refused = plan(.remove(destroysMounts: false), leader: "pod", destructive)
        try #require(refused.refusals.count == 1)
        #expect(refused.refusals[0].hasPrefix("VaultMount kv: with deletionPolicy Delete"))
        #expect(plan(.remove(destroysMounts: true), leader: "pod", destructive).refusals == [])
        let many = plan(.remove(destroysMounts: false), leader: "pod") { resources in
            resources = (0..<9).map {
                Resource(kind: "WorkloadIdentity", key: ObjectKey(namespace: "a", name: "\($0)"), isPaused: true)
            }
        }
        #expect(try #require(many.refusals.first).contains("a/4 and 4 more: paused"))
    }

    @Test("what stays behind by its own wish is told")
    func orphans() {
        let made = plan(.remove(destroysMounts: false), leader: "pod") { $0[1].isOrphaning = true }
        #expect(made.notes == ["what was made for VaultMount kv stays (deletionPolicy Orphan)"])
    }

    @Test("without an operator finalizers are let go of and nothing is deleted")
    func leave() throws {
        let made = plan(.leave)
        #expect(made.refusals == [] && made.deletions == [])
        #expect(made.releases == [Self.mount, Self.identity, Self.binding])
        try #require(made.notes.count == 2)
        #expect(made.notes[1].hasPrefix("1 objects stay in Vault"))
    }

    @Test("with an operator that holds on to everything nothing is let go of")
    func leaveBesideOperator() throws {
        let made = plan(.leave, leader: "pod\u{1B}[2J")
        try #require(made.refusals.count == 1)
        #expect(made.refusals[0].contains("scale deployment/lanyard --replicas=0"))
        #expect(!made.refusals[0].unicodeScalars.contains { $0.value == 0x1B })
    }
}
