import KubernetesModel
import LanyardAPI
import LanyardCore
import Testing

@Suite("OwnWork")
struct OwnWorkTests {
    private let own: OwnWork

    init() throws {
        let binding = VaultRoleBinding.sample()
        own = try BindingPlanner.desired(
            for: binding, subject: .serviceAccounts(["web"]), settings: .sample()
        ).get().ownWork
    }

    private func policy(_ line: String) -> JSONValue { ["policy": .string("\(line)\npath \"x\" {\n}\n")] }

    private static let mark = "# Managed by Lanyard: vaultrolebindings.lanyard.dev shop/web (cluster production)"

    @Test("names below the namespace's own prefix are the binding's, of whatever kind")
    func names() throws {
        let name = "lanyard.production.shop.web"
        for path in ["auth/kubernetes/role/\(name)", "auth/a/b/role/\(name)", "database/roles/\(name)_main"] {
            #expect(own.covers(path, [:]), "\(path)")
        }
        #expect(own.covers("sys/policies/acl/\(name)", ["policy": ""]))
    }

    @Test("of what another binding of the namespace names as well only the first line of a policy says whose it is")
    func disputed() throws {
        let name = "lanyard.production.shop.web"
        for path in ["auth/kubernetes/role/\(name)", "database/roles/\(name)_main"] {
            #expect(!own.covers(path, [:], isDisputed: true), "\(path)")
        }
        let path = "sys/policies/acl/\(name)"
        #expect(own.covers(path, policy(Self.mark), isDisputed: true))
        #expect(!own.covers(path, policy(Self.mark.replacing("shop/web", with: "shop/api")), isDisputed: true))
    }

    @Test(
        "no other name says anything",
        arguments: [
            "web", "lanyard.production.shop", "lanyard.production.shop-b.web", "lanyard.production.sho.web",
            "lanyard.other.shop.web", "x.lanyard.production.shop.web", "Lanyard.production.shop.web",
        ])
    func otherNames(name: String) {
        #expect(!own.covers("auth/kubernetes/role/\(name)", [:]))
        #expect(!own.covers("sys/policies/acl/\(name)", ["policy": ""]))
    }

    @Test(
        "paths of no shape that Lanyard makes are nobody's",
        arguments: ["sys/mounts/", "secret/data/", "identity/entity/name/"])
    func shapes(beginning: String) {
        #expect(!own.covers("\(beginning)lanyard.production.shop.web", [:]))
    }

    @Test("a policy is known by its first line, however that goes on")
    func firstLine() {
        for line in [Self.mark, "\(Self.mark). Changes by hand are undone.", "\(Self.mark). Something else"] {
            #expect(own.covers("sys/policies/acl/web", policy(line)), "\(line)")
        }
    }

    @Test("a line that is another owner's, or not the first, says nothing")
    func otherLines() {
        let others = [
            "", "#", "\(Self.mark)x", "// \(Self.mark)", Self.mark.replacing("shop/web", with: "shop/web2"),
            Self.mark.replacing("shop/web", with: "other/web"), Self.mark.replacing("production", with: "staging"),
            "\n\(Self.mark). Changes by hand are undone.", " \(Self.mark)",
        ]
        for line in others { #expect(!own.covers("sys/policies/acl/web", policy(line)), "\(line)") }
        // Only policies have a first line.
        #expect(!own.covers("auth/kubernetes/role/web", policy(Self.mark)))
    }
}
