import KubernetesModel
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// What Lanyard writes, on a server that merges writes: whatever an object was before, one write makes it as wanted.
@Suite("Managed objects")
struct ManagedObjectTests {
    /// An object of ours, and where.
    struct Managed: CustomTestStringConvertible {
        let collection: String
        let object: any VaultObject
        var testDescription: String { collection }

        static let all: [Managed] = [
            Managed(
                collection: "kubernetes",
                object: KubernetesAuthRole(
                    serviceAccountNames: ["web"], namespaces: ["shop"],
                    token: TokenFields(ttl: 60, maxTTL: 7200, policies: ["web"]))),
            Managed(
                collection: "jwt",
                object: JWTAuthRole(
                    boundSubject: "spiffe://example.org/ns/shop/sa/web", audiences: ["vault"],
                    token: TokenFields(ttl: 60, policies: ["web"]))),
            Managed(
                collection: "database",
                object: DynamicDatabaseRole(
                    connection: "pg", creation: ["CREATE ROLE"],
                    credential: DatabaseCredential(config: ["password_policy": "x"]))),
            Managed(
                collection: "policy",
                object: VaultPolicy(
                    document: PolicyDocument(merging: [PolicyRule(path: "secret/a", capabilities: [.read])]),
                    comment: "Managed by Lanyard")),
        ]
    }

    private static func path(_ collection: String, run: String) -> String {
        switch collection {
        case "policy": "sys/policies/acl/\(run)-managed"
        case "database": "\(run)-database/roles/managed"
        default: "auth/\(run)-\(collection)/role/managed"
        }
    }

    private func check(_ managed: Managed, on server: any VaultAPI, run: String, seed: UInt64) async throws {
        let path = Self.path(managed.collection, run: run)
        var generator = RequestGenerator(seed: seed)
        for round in 0..<60 {
            // Somebody else's writes, many of which the server refuses.
            let foreign = generator.next(in: managed.collection)
            _ = try? await server.write(path, foreign)
            try await server.write(path, managed.object.body)
            let data = try #require(try await server.read(path))
            let differences = managed.object.differences(from: data)
            try #require(
                differences.isEmpty,
                "seed \(seed), round \(round), after \(foreign): \(FieldDifference.summary(differences))")
        }
        try await server.delete(path)
    }

    @Test("one write makes an object as wanted, in memory", arguments: Managed.all, 1...5 as ClosedRange<UInt64>)
    func inMemory(managed: Managed, seed: UInt64) async throws {
        let server = InMemoryVault(
            mounts: ["r-kubernetes": .kubernetesAuth, "r-jwt": .jwtAuth, "r-database": .database])
        try await check(managed, on: server, run: "r", seed: seed)
    }

    @Test(
        "one write makes an object as wanted, on OpenBao", .enabled(if: OpenBao.isNamed), arguments: Managed.all,
        1...3 as ClosedRange<UInt64>)
    func onOpenBao(managed: Managed, seed: UInt64) async throws {
        try await OpenBao.run { server in
            let mounts = [("kubernetes", "sys/auth"), ("jwt", "sys/auth"), ("database", "sys/mounts")]
            try await server.withMounts(mounts) { run in
                try await check(managed, on: server.connection, run: run, seed: seed)
            }
        }
    }
}
