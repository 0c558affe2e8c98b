import ArgumentParser
import FoundationEssentials
import KubernetesModel
import Testing

@testable import LanyardCommands

@Suite("lanyard render and validate of VaultMounts")
struct RenderMountTests {
    private func render(
        _ arguments: [String] = [], input: String
    ) throws -> (text: String, failure: ValidateCommand.Failure) {
        let command = try #require(Lanyard.parseAsRoot(["render", "-f", "-"] + arguments) as? RenderCommand)
        var failure = ValidateCommand.Failure.none
        let text = try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
        return (text, failure)
    }

    private func validate(_ input: String) throws -> (text: String, failure: ValidateCommand.Failure) {
        let command = try #require(Lanyard.parseAsRoot(["validate", "-f", "-"]) as? ValidateCommand)
        var failure = ValidateCommand.Failure.none
        let text = try command.text(failure: &failure, files: ManifestFiles(standardInput: { Data(input.utf8) }))
        return (text, failure)
    }

    private static let database = """
        apiVersion: lanyard.dev/v1alpha1
        kind: VaultMount
        metadata: {name: database}
        spec:
          type: database
          database:
            connections:
            - name: temporal-postgres
              connectionURL: "postgresql://{{username}}:{{password}}@postgres/temporal"
              credentialsSecretRef: {name: temporal-postgres}
              allowedRoles: [orchestrator-dynamic]

        """

    private static let certificates = """
        apiVersion: lanyard.dev/v1alpha1
        kind: VaultMount
        metadata: {name: pki}
        spec:
          type: pki
          tune: {maxLeaseTTL: 87600h}
          pki:
            root: {commonName: Neural Hive CA, ttl: 87600h}
            roles: [{name: neural-hive-services, allowedDomains: [svc], ttl: 168h, maxTTL: 720h}]

        """

    @Test("shows the mount and what is below it, and names secrets without showing them")
    func database() throws {
        let (text, failure) = try render(input: Self.database)
        #expect(failure == .none)
        #expect(
            text == """
                # VaultMount database (-, document 1)
                sys/mounts/database
                  config: {"default_lease_ttl":0,"listing_visibility":"hidden","max_lease_ttl":0}
                  type: database
                database/config/temporal-postgres
                  allowed_roles: ["orchestrator-dynamic"]
                  connection_url: postgresql://{{username}}:{{password}}@postgres/temporal
                  max_connection_lifetime: 0s
                  password: (entry password of the Secret temporal-postgres)
                  password_authentication: password
                  plugin_name: postgresql-database-plugin
                  username: (entry username of the Secret temporal-postgres)
                  verify_connection: true
                """)
    }

    @Test("shows how an authority is made, and the roles")
    func certificates() throws {
        let (text, failure) = try render(input: Self.certificates)
        #expect(failure == .none)
        #expect(text.contains("\npki/roles/neural-hive-services\n"))
        #expect(text.contains("  max_ttl: 2592000\n"))
        #expect(text.contains("\npki/root/generate/internal\n  common_name: Neural Hive CA\n"))
        let json = try render(["-o", "json"], input: Self.certificates).text
        let objects = try JSONValue(parsing: Data(json.utf8))["resources"]?.array?.first?["objects"]?.array
        #expect(
            objects?.compactMap { $0["path"]?.string } == [
                "sys/mounts/pki", "pki/roles/neural-hive-services", "pki/root/generate/internal",
            ])
    }

    @Test("says that the keys come from SPIRE")
    func trust() throws {
        let (text, _) = try render(
            input: """
                apiVersion: lanyard.dev/v1alpha1
                kind: VaultMount
                metadata: {name: jwt}
                spec: {type: jwt, jwt: {trust: SPIRE}}
                """)
        #expect(text.contains("note: with the keys of SPIRE's bundle"))
        #expect(text.contains("\nauth/jwt/config"))
    }

    @Test("what the operator would refuse is refused by both, with the field")
    func refused() throws {
        #expect(try validate(Self.database + "---\n" + Self.certificates).failure == .none)
        let wrong = Self.database.replacing("{{password}}", with: "hunter2")
        let (text, failure) = try validate(wrong)
        #expect(failure == .refused)
        #expect(text.contains("VaultMount database: InvalidSpec: spec.database.connections[0].connectionURL: must"))
        #expect(!text.contains("hunter2"))
        let rendered = try render(input: wrong)
        #expect(rendered.failure == .refused)
        #expect(rendered.text.contains("refused: spec.database.connections[0].connectionURL"))
        #expect(!rendered.text.contains("hunter2"))
        #expect(
            try validate(Self.certificates.replacing("roles:", with: "role:")).text
                .contains("spec.pki.role: there is no such field"))
    }
}
