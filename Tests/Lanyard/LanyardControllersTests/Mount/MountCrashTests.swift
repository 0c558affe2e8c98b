import KubernetesClient
import KubernetesModel
import KubernetesTesting
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultTesting

/// A process that ends in the midst of its work on a mount: the next one has to finish it, and to make nothing twice.
@Suite("Mounts, after a crash")
struct MountCrashTests {
    /// Mounts that are made of several objects.
    enum Subject: String, CaseIterable {
        case kubernetes, jwt, database, pki, services, kv

        /// What has to be there before, with its own name.
        var prerequisite: Subject? { self == .services ? .pki : nil }

        func create(in world: MountWorld) async throws {
            switch self {
            case .kubernetes:
                try await world.store(secret: "reviewer", ["token": "eyJ.a.b"])
                try await world.create(rawValue, .kubernetes) { spec in
                    spec.kubernetes = .init(
                        host: "https://10.0.0.1:6443", caCertificate: sampleCertificate,
                        reviewerTokenSecretRef: .init(name: "reviewer"), disableLocalCAJWT: true)
                }
            case .jwt:
                try await world.create(rawValue, .jwt) { spec in
                    spec.jwt = JWTMount()
                    spec.jwt?.trust = .spire
                }
            case .database:
                try await world.store(secret: "db", ["username": "vault", "password": "hunter2"])
                try await world.create(rawValue, .database) { spec in
                    let url = "postgresql://{{username}}:{{password}}@db:5432/app"
                    spec.database = .init(
                        connections: ["main", "other"].map { name in
                            .init(name: name, connectionURL: url, credentialsSecretRef: .init(name: "db"))
                        })
                }
            case .pki, .services:
                try await world.create(rawValue, .pki) { spec in
                    spec.tune = .init(maxLeaseTTL: "87600h")
                    spec.pki = .init(roles: ["a", "b"].map { PKIRoleSpec(name: $0) })
                    if self == .pki {
                        spec.pki?.root = .init(commonName: "Root", ttl: "87600h")
                    } else {
                        spec.pki?.intermediate = .init(signedBy: "pki", commonName: "Services", ttl: "8760h")
                    }
                }
            case .kv:
                try await world.create(rawValue, .kv) { spec in
                    spec.tune = .init(maxLeaseTTL: "10h", listingVisibility: "hidden")
                    spec.kv = .init(version: 2)
                }
            }
            try await world.edit(rawValue) { $0.spec.deletionPolicy = .delete }
        }
    }

    /// A world in which the mount is declared, and nothing of it made yet.
    private func world(with subject: Subject) async throws -> MountWorld {
        let world = try await MountWorld()
        if let prerequisite = subject.prerequisite {
            try await prerequisite.create(in: world)
            try await world.pass(prerequisite.rawValue)
        }
        try await subject.create(in: world)
        world.journal.clear()
        return world
    }

    /// What is in Vault, and who has it, without what is random in every mount.
    private func outcome(_ world: MountWorld) async throws -> [String: JSONValue?] {
        var outcome: [String: JSONValue?] = [:]
        let listed = ["sys/mounts", "sys/auth"] + Subject.allCases.map { "\($0)/issuer/default" }
        for path in world.vault.paths + listed { outcome[path] = world.vault.peek(path).map(Self.withoutIdentity) }
        for claim in try await world.claims().keys { outcome["claim of \(claim)"] = .some(nil) }
        return outcome
    }

    /// Every world's SPIRE has keys of its own.
    private static let random = ["accessor", "uuid", "jwt_validation_pubkeys"]

    private static func withoutIdentity(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return value }
        return .object(members.filter { !random.contains($0.key) }.mapValues(withoutIdentity))
    }

    /// How many keys of authorities were made; a request for one that is there already is none.
    private func authorities(_ world: MountWorld) -> Int {
        world.vault.changes.count { $0.path.hasSuffix("/generate/internal") && $0.status == 200 }
    }

    @Test("whatever call was its last, the next process makes the same of it", arguments: Subject.allCases)
    func making(subject: Subject) async throws {
        let whole = try await world(with: subject)
        try await whole.pass(subject.rawValue)
        let calls = whole.journal.calls.count
        #expect(calls > 5)
        let expected = try await outcome(whole)
        for last in 0..<calls {
            let broken = try await world(with: subject)
            broken.journal.crash(after: last)
            _ = try? await broken.pass(subject.rawValue)
            let next = try await MountWorld(after: broken)
            try await next.pass(subject.rawValue)
            #expect(
                try await next.condition("Ready", of: subject.rawValue).status == .yes,
                "after call \(last): \(whole.journal.calls[last])")
            #expect(try await outcome(next) == expected, "after call \(last)")
            #expect(authorities(next) == authorities(whole), "after call \(last)")
            // It is known which mount was made: what is not known is never disabled.
            let made = try await next.claims().values.filter { $0.path.hasPrefix("sys/") }
            #expect(made.allSatisfy { $0.accessor?.isEmpty == false }, "after call \(last)")
        }
    }

    @Test("whatever call was its last in a deletion, the next process ends it", arguments: Subject.allCases)
    func deleting(subject: Subject) async throws {
        func deleted() async throws -> MountWorld {
            let world = try await world(with: subject)
            try await world.pass(subject.rawValue)
            try await world.delete(subject.rawValue)
            world.journal.clear()
            return world
        }
        let whole = try await deleted()
        try await whole.pass(subject.rawValue)
        let calls = whole.journal.calls.count
        #expect(calls > 3)
        let expected = try await outcome(whole)
        #expect(expected.keys.allSatisfy { !$0.contains("\(subject.rawValue)/") })
        for last in 0..<calls {
            let broken = try await deleted()
            broken.journal.crash(after: last)
            _ = try? await broken.pass(subject.rawValue)
            let next = try await MountWorld(after: broken)
            try await next.pass(subject.rawValue)
            #expect(try await outcome(next) == expected, "after call \(last): \(whole.journal.calls[last])")
            let key = ObjectKey(namespace: nil, name: subject.rawValue)
            #expect(try await next.api.get(VaultMount.self, key) == nil, "after call \(last)")
        }
    }
}
