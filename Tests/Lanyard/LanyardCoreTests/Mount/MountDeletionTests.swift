import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("MountDeletion")
struct MountDeletionTests {
    private static func claims(_ paths: [String], accessor: String? = nil) -> [OwnershipRecord.Claim] {
        paths.map { .init(path: $0, claimedAt: "", accessor: $0.hasPrefix("sys/") ? accessor : nil) }
    }

    private static let pki = ["sys/mounts/pki", "pki/config/issuers", "pki/config/urls", "pki/roles/a", "pki/roles/b"]
    private static let listing: JSONValue = [
        "pki/": ["type": "pki", "accessor": "pki_1"], "database/": ["type": "database", "accessor": "database_1"],
        "kubernetes/": ["type": "kubernetes", "accessor": "auth_1"],
    ]

    @Test("Orphan needs to know nothing and leaves everything behind")
    func orphan() {
        let claims = Self.claims(Self.pki, accessor: "pki_1")
        #expect(MountDeletion.listingPath(for: claims, policy: .orphan) == nil)
        let plan = MountDeletion.make(of: claims, listing: nil, policy: .orphan, ownerUID: "uid-1")
        #expect(plan.disabled == nil && plan.deleted == [] && plan.left == Self.pki.sorted())
    }

    @Test("Delete disables the mount that was enabled under the claim, with all that is in it")
    func made() {
        let claims = Self.claims(Self.pki, accessor: "pki_1")
        #expect(MountDeletion.listingPath(for: claims, policy: .delete) == "sys/mounts")
        let plan = MountDeletion.make(of: claims, listing: Self.listing, policy: .delete, ownerUID: "uid-1")
        #expect(plan.disabled == "sys/mounts/pki" && plan.deleted == [] && plan.left == [])
    }

    @Test(
        "a mount that was found there, or that somebody made again since, is never disabled",
        arguments: [nil, "", "pki_0"] as [String?])
    func found(accessor: String?) {
        let plan = MountDeletion.make(
            of: Self.claims(Self.pki, accessor: accessor), listing: Self.listing, policy: .delete, ownerUID: "uid-1")
        #expect(plan.disabled == nil)
        #expect(plan.deleted == ["pki/roles/a", "pki/roles/b"])
        #expect(plan.left == ["pki/config/issuers", "pki/config/urls", "sys/mounts/pki"])
    }

    @Test("a mount that was made and not recorded yet is disabled by whom it was made for, and by nobody else")
    func unrecorded() {
        var listing = Self.listing
        listing["pki/"]?["description"] = .string(MountSettings.mark(of: "uid-1"))
        func plan(_ uid: String) -> MountDeletion {
            MountDeletion.make(of: Self.claims(Self.pki), listing: listing, policy: .delete, ownerUID: uid)
        }
        #expect(plan("uid-1").disabled == "sys/mounts/pki")
        #expect(plan("uid-2").disabled == nil && plan("").disabled == nil)
    }

    @Test("of a mount that stays, connections are deleted, and configurations left")
    func kinds() {
        let database = MountDeletion.make(
            of: Self.claims(["sys/mounts/database", "database/config/orders"]), listing: Self.listing, policy: .delete,
            ownerUID: "uid-1")
        #expect(database.deleted == ["database/config/orders"] && database.left == ["sys/mounts/database"])
        let auth = MountDeletion.make(
            of: Self.claims(["sys/auth/kubernetes", "auth/kubernetes/config"]), listing: Self.listing, policy: .delete,
            ownerUID: "uid-1")
        #expect(auth.deleted == [] && auth.left.count == 2)
    }

    @Test(
        "claims of a shape that no VaultMount makes are not honoured",
        arguments: [
            "pki/roles/a/b", "pki/roles/", "pki/roles/..", "pki/issuer/default", "pki/keys/a", "other/roles/a",
            "sys/policies/acl/root", "sys/auth/token",
        ])
    func shapes(path: String) {
        let plan = MountDeletion.make(
            of: Self.claims(["sys/mounts/pki", path]), listing: Self.listing, policy: .delete, ownerUID: "uid-1")
        #expect(plan.disabled == nil && plan.deleted == [] && plan.left.contains(path))
    }

    @Test("nothing is left to do for a mount that is gone, and nothing is done without a mount among the claims")
    func gone() {
        let plan = MountDeletion.make(
            of: Self.claims(Self.pki, accessor: "pki_1"), listing: [:], policy: .delete, ownerUID: "uid-1")
        #expect(plan.disabled == nil && plan.deleted == [] && plan.left == [])
        let stray = MountDeletion.make(
            of: Self.claims(["pki/roles/a"]), listing: Self.listing, policy: .delete, ownerUID: "uid-1")
        #expect(stray.disabled == nil && stray.deleted == [])
        #expect(MountDeletion.listingPath(for: [], policy: .delete) == nil)
    }
}
