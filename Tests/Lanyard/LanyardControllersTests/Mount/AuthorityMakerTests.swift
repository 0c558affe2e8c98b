import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardControllers
import LanyardCore
import Testing
import VaultClient
import VaultTesting

/// A server stops between two of its writes when its client goes.
@Suite("Certificate authorities that were begun")
struct AuthorityMakerTests {
    private let world: MountWorld

    init() async throws { world = try await MountWorld() }

    private func createPKI(
        _ name: String = "pki", _ fill: @escaping (inout VaultMountSpec) -> Void = { _ in }
    ) async throws {
        try await world.create(name, .pki) { spec in
            spec.tune = .init(maxLeaseTTL: "87600h")
            spec.pki = .init(root: .init(commonName: "Root", ttl: "87600h"))
            fill(&spec)
        }
    }

    @Test(
        "a root that a server was at when its client went is taken up: its key is there, or its issuer, and no default",
        arguments: ["pki/intermediate/generate/internal", "pki/root/generate/internal"])
    func halfMade(path: String) async throws {
        try await createPKI()
        let vault = world.vault
        let root = CertificateAuthority(mount: "pki", commonName: "Root", ttl: 87_600 * 3600)
        world.journal.before("vault submit pki/root/generate/internal") {
            _ = try await vault.submit(path, root.rootBody)
            vault.loseDefaults(ofMountAt: "pki")
            throw VaultError(.unavailable, "gone")
        }
        try await world.failingPass("pki")
        let next = try await MountWorld(after: world)
        try await next.pass("pki")
        #expect(try await next.condition("Ready", of: "pki").status == .yes)
        #expect(next.vault.peek("pki/issuer/default")?["issuer_name"]?.string == root.name)
        let made = next.vault.changes.filter { $0.path.hasPrefix("pki/root/generate/") && $0.status == 200 }
        #expect(made.count == 1)
    }

    @Test("what a refusal says of an authority is what the first request was told")
    func refusedAuthority() async throws {
        try await createPKI()
        world.journal.fail(
            "vault submit pki/root/generate/internal", with: VaultError(.rejected, "unsupported key bits"))
        try await world.failingPass("pki")
        #expect(try await world.condition("Ready", of: "pki").message.contains("unsupported key bits"))
        #expect(world.vault.peek("pki/config/issuers")?["default"] == "")
    }

    @Test("an intermediate whose key has its name and is not the default is asked for with that key")
    func halfMadeIntermediate() async throws {
        try await createPKI()
        try await world.pass("pki")
        try await createPKI("services") { spec in
            spec.pki = .init(intermediate: .init(signedBy: "pki", commonName: "Services", ttl: "8760h"))
        }
        let vault = world.vault
        world.journal.fail("vault submit pki/root/sign-intermediate", with: VaultError(.unavailable, "away"))
        try await world.failingPass("services")
        vault.loseDefaults(ofMountAt: "services")
        world.journal.heal()
        let next = try await MountWorld(after: world)
        try await next.pass("services")
        #expect(try await next.condition("Ready", of: "services").status == .yes)
        #expect(next.vault.peek("services/issuer/default")?["issuer_name"]?.string?.isEmpty == false)
    }

    @Test(
        "an intermediate that is corrected after its signing was refused has a key of its own, and is named",
        arguments: [false, true])
    func correctedIntermediate(isCutOff: Bool) async throws {
        try await createPKI()
        try await world.pass("pki")
        try await createPKI("services") { spec in
            spec.pki = .init(intermediate: .init(signedBy: "pki", commonName: "Servces", ttl: "8760h"))
        }
        world.journal.fail("vault submit pki/root/sign-intermediate", with: VaultError(.rejected, "no path length"))
        try await world.failingPass("services")
        world.journal.heal()
        try await world.edit("services") { $0.spec.pki?.intermediate?.commonName = "Services" }
        if isCutOff {
            world.journal.fail("vault submit services/issuer/default", with: VaultError(.unavailable, "gone"))
            try await world.failingPass("services")
            #expect(world.vault.peek("services/issuer/default")?["issuer_name"] == "")
            world.journal.heal()
        }
        let next = try await MountWorld(after: world)
        try await next.pass("services")
        #expect(try await next.condition("Ready", of: "services").status == .yes)
        let issuer = try #require(next.vault.peek("services/issuer/default"))
        #expect(issuer["key_id"] == "key-2" && issuer["issuer_name"]?.string?.hasPrefix("lanyard-") == true)
        #expect(issuer["certificate"] == "certificate of Services")
        #expect(next.vault.peek("services/config/keys")?["default"] == "key-1")
    }
}
