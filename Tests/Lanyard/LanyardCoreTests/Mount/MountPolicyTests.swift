import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("MountPolicy")
struct MountPolicyTests {
    private func mount(
        _ name: String, _ type: VaultMountType, _ fill: (inout VaultMountSpec) -> Void = { _ in }
    )
        -> VaultMount
    {
        var spec = VaultMountSpec(type: type)
        fill(&spec)
        return VaultMount(metadata: ObjectMeta(name: name), spec: spec)
    }

    private func rights(_ mounts: VaultMount...) -> [String: Set<Capability>] {
        var rights: [String: Set<Capability>] = [:]
        for rule in PolicyDocument(merging: MountPolicy.rules(for: mounts)).rules {
            rights[rule.path, default: []].formUnion(rule.capabilities)
        }
        return rights
    }

    @Test("without mounts nothing is needed, and an invalid one needs nothing")
    func nothing() {
        #expect(MountPolicy.rules(for: []) == [])
        #expect(MountPolicy.rules(for: [mount("a", .kv) { $0.path = "sys" }]) == [])
    }

    @Test("what mounts need is not lost where a boundary names the same connection: the server looks at one pattern")
    func namedConnection() throws {
        let database = mount("database", .database) { spec in
            spec.database = DatabaseMount(connections: [
                .init(
                    name: "orders", connectionURL: "postgresql://{{username}}:{{password}}@db/orders",
                    credentialsSecretRef: .init(name: "orders"))
            ])
        }
        let boundary = IdentityBoundary.sample {
            $0.vault?.databases = [.init(mount: "database", connection: "orders", templates: ["*"])]
        }
        let rules = OperatorPolicy(settings: try .sample(), boundaries: [boundary], declared: [database]).document.rules
        let allowed = ReferencePolicy(rules).allowed(at: "database/config/orders")
        #expect(allowed == [.create, .read, .update, .delete])
    }

    @Test("an engine needs no sudo, and its deletion only where it may be deleted")
    func engine() {
        #expect(
            rights(mount("secret", .kv)) == [
                "sys/mounts": [.read], "sys/mounts/secret": [.create, .update],
                "sys/mounts/secret/tune": [.create, .update],
            ])
        let deletable = rights(mount("secret", .kv) { $0.deletionPolicy = .delete })
        #expect(deletable["sys/mounts/secret"] == [.create, .update, .delete])
    }

    @Test("an auth method needs sudo where it is enabled, and nowhere else")
    func authMethod() {
        let rights = rights(
            mount("jwt", .jwt) { spec in
                spec.jwt = JWTMount()
                spec.jwt?.trust = .spire
            })
        #expect(
            rights == [
                "sys/auth": [.read], "sys/auth/jwt": [.create, .update, .sudo],
                "sys/mounts/auth/jwt/tune": [.create, .update], "auth/jwt/config": [.create, .read, .update],
            ])
    }

    @Test("an intermediate may be signed by its signer alone, and a root is made nowhere else than asked for")
    func authorities() {
        let root = rights(mount("pki", .pki) { $0.pki = .init(root: .init(commonName: "Root")) })
        #expect(root["pki/root/generate/internal"] == [.create, .update])
        #expect(root["pki/root/generate/existing"] == [.create, .update])
        #expect(root["pki/issuer/default"] == [.create, .read, .update])
        #expect(root["pki/config/issuers"] == [.create, .read, .update])
        let intermediate = rights(
            mount("services", .pki) { $0.pki = .init(intermediate: .init(signedBy: "pki", commonName: "Services")) })
        #expect(
            Set(intermediate.keys.filter { $0.contains("root/") || $0.contains("intermediate/") }) == [
                "pki/root/sign-intermediate", "services/intermediate/generate/internal",
                "services/intermediate/generate/existing", "services/intermediate/set-signed",
            ])
        #expect(intermediate["services/config/issuers"] == [.read])
        #expect(intermediate["services/key/+"] == [.read] && root["pki/key/+"] == nil)
        let neither = rights(mount("pki", .pki) { $0.pki = .init() })
        #expect(!neither.keys.contains { $0.contains("root") || $0.contains("issuer") })
    }
}
