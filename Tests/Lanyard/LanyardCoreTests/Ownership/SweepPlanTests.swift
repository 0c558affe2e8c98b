import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("SweepPlan")
struct SweepPlanTests {
    private static func record(
        _ name: String, uid: String? = nil, kind: String = "VaultRoleBinding", namespace: String = "shop"
    ) -> OwnershipRecord {
        OwnershipRecord(
            metadata: ObjectMeta(name: "\(namespace).\(name)", namespace: "lanyard-system", uid: uid ?? name),
            spec: .init(
                owner: .init(kind: kind, namespace: namespace, name: name, uid: "u-\(name)"),
                claims: [.init(path: "sys/policies/acl/\(name)", claimedAt: "2026-01-01T00:00:00Z")]))
    }

    private static func owner(_ name: String) -> SweepPlan.OwnerName { owner(name, namespace: "shop") }

    private static func owner(_ name: String, namespace: String) -> SweepPlan.OwnerName {
        SweepPlan.OwnerName(kind: "VaultRoleBinding", namespace: namespace, name: name, uid: "u-\(name)")
    }

    private func plan(
        _ records: [OwnershipRecord], owners: [String], after previous: SweepPlan? = nil, namespaces: Set<String> = [],
        doubtful: Set<String> = []
    ) -> SweepPlan {
        SweepPlan.make(
            records: records, kinds: ["VaultRoleBinding"], namespaces: namespaces, owners: Set(owners.map(Self.owner)),
            doubtful: doubtful, previous: previous?.suspects ?? [:])
    }

    @Test("a record is cleaned up when two successive sweeps find no owner, not before")
    func twice() {
        let records = [Self.record("a"), Self.record("b")]
        let first = plan(records, owners: ["a"])
        #expect(first.abandoned.isEmpty && first.refusal == nil)
        #expect(plan(records, owners: ["a"], after: first).abandoned.map(\.metadata.name) == ["shop.b"])
    }

    @Test("an owner that was back for one sweep starts the count anew")
    func back() {
        let records = [Self.record("a"), Self.record("b")]
        let first = plan(records, owners: ["a"])
        let second = plan(records, owners: ["a", "b"], after: first)
        #expect(second.suspects.isEmpty)
        #expect(plan(records, owners: ["a"], after: second).abandoned.isEmpty)
    }

    @Test("a record is overdue after four successive sweeps without its owner")
    func overdue() {
        let record = Self.record("b")
        var last: SweepPlan?
        for count in 1...5 {
            let next = plan([Self.record("a"), record], owners: ["a"], after: last)
            #expect(next.isOverdue(record) == (count >= 4))
            last = next
        }
        let back = plan([Self.record("a"), record], owners: ["a", "b"], after: last)
        #expect(!back.isOverdue(record))
        #expect(!plan([Self.record("a"), record], owners: ["a"], after: back).isOverdue(record))
    }

    @Test("a record that was written anew since is another one")
    func rewritten() {
        let first = plan([Self.record("a"), Self.record("b", uid: "old")], owners: ["a"])
        #expect(plan([Self.record("a"), Self.record("b", uid: "new")], owners: ["a"], after: first).abandoned.isEmpty)
    }

    @Test("a namesake of another UID, which has not taken the record in its own name, keeps nothing")
    func namesake() {
        let records = [Self.record("a"), Self.record("b")]
        func plan(_ uid: String?, after previous: SweepPlan? = nil) -> SweepPlan {
            let namesake = SweepPlan.OwnerName(kind: "VaultRoleBinding", namespace: "shop", name: "a", uid: uid)
            return SweepPlan.make(
                records: records, kinds: ["VaultRoleBinding"], namespaces: [], owners: [namesake, Self.owner("b")],
                doubtful: [], previous: previous?.suspects ?? [:])
        }
        #expect(plan("other", after: plan("other")).abandoned.map(\.metadata.name) == ["shop.a"])
        #expect(plan("u-a", after: plan("other")).abandoned.isEmpty)
        // Where nothing is deleted, a name is enough.
        #expect(plan(nil).suspects.isEmpty)
    }

    @Test("records of kinds and namespaces that were not listed are not judged")
    func notListed() {
        let mount = Self.record("m", kind: "VaultMount")
        #expect(plan([mount, Self.record("a")], owners: ["a"]).suspects.isEmpty)
        #expect(plan([Self.record("a")], owners: ["x"], namespaces: ["other"]).suspects.isEmpty)
        #expect(plan([Self.record("a")], owners: ["x"], namespaces: ["shop", "other"]).suspects.count == 1)
    }

    @Test(
        "more than a tenth of the records, and more than five, are never cleaned up at once",
        arguments: [(10, 5, true), (10, 6, false), (100, 10, true), (100, 11, false), (5, 5, true), (6, 6, false)])
    func limit(total: Int, gone: Int, isAllowed: Bool) {
        // Each in a namespace of its own.
        let records = (0..<total).map { Self.record("n\($0)", namespace: "n\($0)") }
        let owners = Set((gone..<total).map { Self.owner("n\($0)", namespace: "n\($0)") } + [Self.owner("other")])
        func plan(after previous: SweepPlan? = nil) -> SweepPlan {
            SweepPlan.make(
                records: records, kinds: ["VaultRoleBinding"], namespaces: [], owners: owners, doubtful: [],
                previous: previous?.suspects ?? [:])
        }
        let second = plan(after: plan())
        #expect(second.abandoned.count == (isAllowed ? gone : 0))
        #expect((second.refusal == nil) == isAllowed)
        // It stops for as long as it is so.
        let third = plan(after: second)
        #expect(third.abandoned.count == (isAllowed ? gone : 0))
    }

    @Test("one namespace with too many is told and keeps them until few are left, and others' leftovers go")
    func oneNamespace() {
        let lost = (0..<6).map { Self.record("n\($0)") } + [Self.record("left", namespace: "other")]
        let kept = (0..<20).map { Self.record("k\($0)", namespace: "other") }
        let owners = Set(kept.map { Self.owner($0.spec.owner.name, namespace: "other") })
        func plan(_ records: [OwnershipRecord], after previous: SweepPlan? = nil) -> SweepPlan {
            SweepPlan.make(
                records: records, kinds: ["VaultRoleBinding"], namespaces: [], owners: owners, doubtful: [],
                previous: previous?.suspects ?? [:])
        }
        let first = plan(lost + kept)
        #expect(first.abandoned == [] && first.refusal == nil)
        let second = plan(lost + kept, after: first)
        #expect(second.abandoned.map(\.metadata.name) == ["other.left"])
        #expect(second.refusal == "7 of 27 records have no owner, more than 5; nothing of shop is deleted")
        var held = second
        for _ in 0..<3 {
            held = plan(lost.dropLast() + kept, after: held)
            #expect(held.abandoned == [])
            #expect(held.refusal == "6 of 26 records have no owner, more than 5; nothing of shop is deleted")
        }
        let few = plan(lost.prefix(5) + kept, after: held)
        #expect(few.abandoned == [] && few.refusal == nil)
        #expect(plan(lost.prefix(5) + kept, after: few).abandoned == Array(lost.prefix(5)))
    }

    @Test("what has lost its owner since the last sweep counts, too: many do not go in small parts")
    func smallParts() {
        let records = (0..<100).map { Self.record("n\($0)") }
        let first = plan(records, owners: (4..<100).map { "n\($0)" })
        let second = plan(records, owners: ["other"], after: first)
        #expect(second.abandoned == [])
        #expect(second.refusal == "100 of 100 records have no owner, more than 10; nothing is deleted")
    }

    @Test("records that claim nothing go however many there are, and make no room for those that do")
    func claimingNothing() {
        let empty = (0..<60).map { number in
            var record = Self.record("e\(number)")
            record.spec.claims = []
            return record
        }
        func names(abandonedBy total: Int) -> (names: [String], refusal: String?) {
            let records = empty + (0..<total).map { Self.record("n\($0)") }
            let second = plan(records, owners: ["x"], after: plan(records, owners: ["x"]))
            return (second.abandoned.map(\.metadata.name), second.refusal)
        }
        let gone = Set(empty.map(\.metadata.name))
        let few = names(abandonedBy: 5)
        #expect(few.refusal == nil && few.names.count == 65)
        // Of 66 records a tenth would be six.
        let many = names(abandonedBy: 6)
        #expect(many.refusal == "6 of 6 records have no owner, more than 5; nothing is deleted")
        #expect(Set(many.names) == gone)
    }

    @Test("an empty list after a failed one is not complete (threat T42)")
    func doubtful() {
        let records = [Self.record("a")]
        let kinds: Set = ["VaultRoleBinding"]
        let first = plan(records, owners: [], doubtful: kinds)
        #expect(first.suspects.isEmpty && first.refusal != nil)
        #expect(plan(records, owners: [], after: first, doubtful: kinds).abandoned.isEmpty)
        // An empty list alone is believed, twice.
        #expect(plan(records, owners: [], after: plan(records, owners: [])).abandoned.count == 1)
        #expect(plan([], owners: [], doubtful: kinds).refusal == nil)
    }

    @Test(
        "that there are owners of one kind says nothing about those of another",
        arguments: [("VaultRoleBinding", "VaultMount"), ("VaultMount", "VaultRoleBinding")])
    func doubtfulKind(gone: String, present: String) {
        let kinds: Set = [gone, present]
        let records = [Self.record("a", kind: gone), Self.record("b", kind: present)]
        let owners: Set = [SweepPlan.OwnerName(kind: present, namespace: "shop", name: "b", uid: nil)]
        let make = { (doubtful: Set<String>, previous: SweepPlan?) in
            SweepPlan.make(
                records: records, kinds: kinds, namespaces: [], owners: owners, doubtful: doubtful,
                previous: previous?.suspects ?? [:])
        }
        let refused = make(kinds, make([], nil))
        #expect(refused.abandoned.isEmpty && refused.refusal == "there is no \(gone) at all, after a list that failed")
        #expect(make([present], make([], nil)).abandoned.map(\.metadata.name) == ["shop.a"])
    }
}
