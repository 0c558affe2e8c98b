import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("DynamicDatabaseRole")
struct DynamicDatabaseRoleTests {
    private static let role = DynamicDatabaseRole(
        connection: "pg", creation: ["CREATE ROLE a;\n", "GRANT b;"], revocation: ["DROP ROLE a;"],
        defaultTTL: 3600, maxTTL: 86_400)

    /// What a server returns after the body was written.
    private static let stored: JSONValue = [
        "db_name": "pg", "creation_statements": ["CREATE ROLE a;", "GRANT b;"], "credential_type": "password",
        "default_ttl": 3600, "max_ttl": 86_400, "renew_statements": [], "revocation_statements": ["DROP ROLE a;"],
        "rollback_statements": [],
    ]

    private static func differences(_ field: String, _ value: JSONValue?) -> [FieldDifference] {
        var data = stored
        data[field] = value
        return role.differences(from: data)
    }

    @Test("the body is every managed field, zeros included, and does not differ once written")
    func body() {
        #expect(Self.role.body == Self.stored)
        #expect(Self.role.differences(from: Self.stored).isEmpty)
    }

    @Test("a missing list or type is its default", arguments: ["renew_statements", "credential_type"])
    func missing(field: String) {
        #expect(Self.differences(field, nil).isEmpty)
        #expect(Self.differences(field, .null).isEmpty)
    }

    @Test("lifetimes are compared in seconds", arguments: [86_400, "24h", "1d", "86400"] as [JSONValue])
    func durations(value: JSONValue) {
        #expect(Self.differences("max_ttl", value).isEmpty)
    }

    @Test("statements are an ordered list")
    func order() {
        let swapped: JSONValue = ["GRANT b;", "CREATE ROLE a;"]
        #expect(
            Self.differences("creation_statements", swapped)
                == [FieldDifference(field: "creation_statements", summary: "differs")])
    }

    @Test("empty statements are left out of revocation only")
    func emptyStatements() {
        #expect(Self.differences("revocation_statements", ["", " DROP ROLE a; ", "\n"]).isEmpty)
        #expect(Self.differences("rollback_statements", [""]).map(\.field) == ["rollback_statements"])
    }

    @Test("blanks at both ends do not count, and one text is a list of one that is never split")
    func trimming() {
        #expect(Self.differences("creation_statements", ["\u{A0}CREATE ROLE a;\n\n", "\tGRANT b; "]).isEmpty)
        #expect(Self.differences("revocation_statements", " DROP ROLE a;\n").isEmpty)
        #expect(Self.differences("creation_statements", "CREATE ROLE a;,GRANT b;").count == 1)
        #expect(Self.differences("creation_statements", ["CREATE ROLE a; GRANT b;"]).count == 1)
    }

    @Test("a statement that is equal only as Unicode sees it differs")
    func canonicalEquivalence() {
        #expect("DROP ROLE a\u{37E}" == "DROP ROLE a;")
        #expect(Self.differences("revocation_statements", ["DROP ROLE a\u{37E}"]).count == 1)
    }

    /// The server trims what Go calls white space; both sides have to agree, or one of them writes for ever.
    @Test(
        "statements with blanks of all sorts at their ends are written once and never again",
        arguments: ["\u{A0}\u{A0}\r\n", "   ", "\t", "\u{2003}", "\u{85}", "\u{3000}\n", "\u{2028}"])
    func whiteSpace(blanks: String) {
        var role = Self.role
        role.creation = ["CREATE ROLE a;\(blanks)", "\(blanks)GRANT b;"]
        var data = Self.stored
        data["creation_statements"] = ["CREATE ROLE a;", "GRANT b;"]
        #expect(role.differences(from: data).isEmpty)
        #expect(role.body["creation_statements"] == ["CREATE ROLE a;", "GRANT b;"])
        data["creation_statements"] = .array(role.creation.map(JSONValue.string))
        #expect(role.differences(from: data).isEmpty)
    }

    @Test("what is no white space to the server stays", arguments: ["\u{200B}", "\u{FEFF}"])
    func noWhiteSpace(text: String) {
        var role = Self.role
        role.creation = ["CREATE ROLE a;\(text)"]
        var data = Self.stored
        data["creation_statements"] = .array([.string("CREATE ROLE a;\(text)")])
        #expect(role.differences(from: data).isEmpty)
        #expect(role.body["creation_statements"] == .array([.string("CREATE ROLE a;\(text)")]))
    }

    @Test("the connection's name does not fold")
    func connection() {
        #expect(
            Self.differences("db_name", "PG") == [FieldDifference(field: "db_name", summary: "\"PG\", wanted \"pg\"")])
    }

    @Test("the defaults of RSA keys and numbers in texts do not differ")
    func rsa() {
        var role = Self.role
        role.credential.type = "rsa_private_key"
        var data = Self.stored
        data["credential_type"] = "rsa_private_key"
        data["credential_config"] = ["key_bits": 2048, "format": "pkcs8"]
        #expect(role.differences(from: data).isEmpty)
        #expect(role.body["credential_config"] == ["key_bits": "2048", "format": "pkcs8"])
        data["credential_config"] = ["key_bits": 4096, "format": "pkcs8"]
        #expect(role.differences(from: data).map(\.field) == ["credential_config"])
        #expect(role.unchangeable(among: role.differences(from: data), isDrift: true).isEmpty)
        role.credential.config = ["key_bits": "4096"]
        #expect(role.differences(from: data).isEmpty)
    }

    @Test("a credential configuration that cannot be cleared differs and asks for recreation")
    func unclearable() {
        var data = Self.stored
        data["credential_config"] = ["password_policy": "weak"]
        #expect(
            Self.role.differences(from: data) == [
                FieldDifference(
                    field: "credential_config",
                    summary: "[password_policy] differ, cleared only by deleting the role")
            ])
        #expect(!Self.role.unchangeable(among: Self.role.differences(from: data), isDrift: true).isEmpty)
        #expect(Self.role.unchangeable(among: Self.role.differences(from: Self.stored), isDrift: true).isEmpty)
        var role = Self.role
        role.credential.config = ["password_policy": "strong"]
        #expect(role.differences(from: data).map(\.summary) == ["[password_policy] differ"])
        #expect(role.unchangeable(among: role.differences(from: data), isDrift: true).isEmpty)
        data["credential_config"] = ["password_policy": "strong"]
        #expect(role.differences(from: data).isEmpty)
    }

    @Test("a private key is never compared")
    func privateKey() {
        var role = Self.role
        role.credential.type = "client_certificate"
        role.credential.config = ["common_name_template": "x", "ca_private_key": "secret"]
        var data = Self.stored
        data["credential_type"] = "client_certificate"
        data["credential_config"] = ["common_name_template": "x", "key_type": "rsa", "key_bits": 2048]
        #expect(role.differences(from: data).isEmpty)
    }

    @Test(
        "a value of the wrong type differs, in every field",
        arguments: (stored.object?.keys.sorted() ?? []) + ["credential_config"],
        [[["x"]], [5], .number(3600.5), true] as [JSONValue])
    func wrongType(field: String, value: JSONValue) {
        #expect(Self.differences(field, value).map(\.field) == [field])
    }

    @Test("no summary holds a statement")
    func noStatements() {
        let differences = Self.role.differences(from: ["creation_statements": ["PASSWORD 'hunter2'"]])
        #expect(differences.count == 5)
        #expect(differences.allSatisfy { !$0.summary.contains("hunter2") && !$0.summary.contains("DROP") })
    }

    @Test("what no server should be given is named by its field")
    func violations() {
        let long = String(repeating: "x", count: DynamicDatabaseRole.maximumStatementLength + 1)
        let role = DynamicDatabaseRole(
            connection: "../pg", creation: [], revocation: ["ok", " \n", long, "a\u{0}"],
            renew: Array(repeating: "x", count: 33), defaultTTL: 10, maxTTL: 5,
            credential: DatabaseCredential(type: "none", config: ["a": long]))
        #expect(
            role.violations(field: "spec.databaseRoles[2]").map(\.field) == [
                "spec.databaseRoles[2].connection", "spec.databaseRoles[2].statements.creation",
                "spec.databaseRoles[2].statements.revocation[1]", "spec.databaseRoles[2].statements.revocation[2]",
                "spec.databaseRoles[2].statements.revocation[3]", "spec.databaseRoles[2].statements.renew",
                "spec.databaseRoles[2].defaultTTL", "spec.databaseRoles[2].credentialType",
                "spec.databaseRoles[2].credentialConfig",
            ])
        #expect(Self.role.violations(field: "f").isEmpty)
    }
}
