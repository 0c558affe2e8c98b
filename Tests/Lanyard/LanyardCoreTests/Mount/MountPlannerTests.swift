import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("MountPlanner")
struct MountPlannerTests {
    private func fields(_ mount: VaultMount) -> [String] {
        guard case .failure(let violations) = MountPlanner.desired(for: mount, held: []) else { return [] }
        #expect(violations.reason == .invalidSpec)
        return violations.violations.map(\.field)
    }

    @Test("what is wrong is refused with the name of its field", arguments: WrongMount.all)
    func refused(item: WrongMount) {
        #expect(fields(.sample(item.type)) == [])
        let found = fields(.sample(item.type, item.change))
        #expect(Set(found) == [item.field])
    }

    @Test("a name that is no DNS label could be that of another record", arguments: ["a.b", "", "A", "-a"])
    func names(name: String) {
        #expect(fields(.sample(.kv, name: name) { $0.path = "web" }) == ["metadata.name"])
    }

    @Test("the path is the name unless it is given")
    func path() throws {
        #expect(try MountPlanner.desired(for: .sample(.kv), held: []).get().location.path == "web")
        #expect(try MountPlanner.desired(for: .sample(.kv) { $0.path = "a/b" }, held: []).get().location.path == "a/b")
    }

    @Test("what is not said is the server's default, and a mount is left behind")
    func defaults() throws {
        let desired = try MountPlanner.desired(for: .sample(.kv), held: []).get()
        #expect(desired.settings == MountSettings(type: .kv, kvVersion: 2))
        #expect(desired.driftPolicy == .correct && desired.deletionPolicy == .orphan && !desired.adoptsExisting)
        let role = try MountPlanner.desired(
            for: .sample(.pki) { $0.pki?.roles = [PKIRoleSpec(name: "a")] }, held: []
        ).get().objects.last
        #expect(role?.object == .role(PKIRole()))
    }

    @Test("Secrets are named by entry, user names are not confidential, and all are of one namespace")
    func secrets() throws {
        #expect(try MountPlanner.desired(for: .sample(.database), held: []).get().secretKeys == [.password, .username])
        let mount = VaultMount.sample(.database) {
            $0.database?.connections?[0].credentialsSecretRef = .init(
                name: "s", usernameKey: "user", passwordKey: "pass")
        }
        #expect(
            try MountPlanner.desired(for: mount, held: []).get().secretKeys == [
                SecretKey(secret: "s", key: "pass"), SecretKey(secret: "s", key: "user", isConfidential: false),
            ])
    }

    @Test("a role such as neural-hive-services has 168h and 720h, and is else as the server makes it")
    func role() throws {
        let desired = try MountPlanner.desired(for: .sample(.pki), held: []).get()
        guard case .role(let role) = desired.objects.last?.object else {
            Issue.record("\(desired.objects)")
            return
        }
        #expect(role.body["ttl"] == 604_800 && role.body["max_ttl"] == 2_592_000)
        #expect(role.body["allowed_domains"] == ["svc.cluster.local"] && role.body["allow_subdomains"] == true)
        #expect(role.body["key_type"] == "rsa" && role.body["key_bits"] == 2048)
    }

    @Test("certificates that are meant are taken as they are", arguments: ["", "\n\n", "  "])
    func certificates(end: String) {
        let text = VaultMount.certificate + end + VaultMount.certificate
        #expect(fields(.sample(.kubernetes) { $0.kubernetes?.caCertificate = text }) == [])
        for wrong in ["-----BEGIN PRIVATE KEY-----", "x", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"] {
            #expect(
                fields(.sample(.kubernetes) { $0.kubernetes?.caCertificate = text + wrong })
                    == ["spec.kubernetes.caCertificate"])
        }
    }

    @Test("messages never quote a password that stands where none should")
    func quoting() {
        let mount = VaultMount.sample(.database) {
            $0.database?.connections?[0].connectionURL = "postgresql://{{username}}:hunter2@db/{{password}}"
        }
        guard case .failure(let violations) = MountPlanner.desired(for: mount, held: []) else {
            Issue.record("accepted")
            return
        }
        #expect(!violations.message.contains("hunter2"))
    }
}
