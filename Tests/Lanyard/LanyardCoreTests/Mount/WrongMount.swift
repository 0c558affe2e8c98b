import LanyardAPI
import LanyardCore
import Testing

/// A change of a valid spec, and the field that is named.
struct WrongMount: Sendable, CustomTestStringConvertible {
    let type: VaultMountType
    let field: String
    let change: @Sendable (inout VaultMountSpec) -> Void

    init(_ type: VaultMountType, _ field: String, _ change: @escaping @Sendable (inout VaultMountSpec) -> Void) {
        self.type = type
        self.field = field
        self.change = change
    }

    var testDescription: String { "\(type) \(field)" }

    static let all = general + auth + database + pki

    private static let long = String(repeating: "a", count: 70_000)

    private static func connection(
        _ field: String, _ change: @escaping @Sendable (inout DatabaseMount.Connection) -> Void
    ) -> WrongMount {
        WrongMount(.database, "spec.database.connections[0].\(field)") { spec in
            var connection = DatabaseMount.Connection.sample
            change(&connection)
            spec.database = DatabaseMount(connections: [connection])
        }
    }

    /// A connection of a plugin without a URL.
    private static func valkey(
        _ field: String, _ change: @escaping @Sendable (inout DatabaseMount.Connection) -> Void
    ) -> WrongMount {
        connection(field) {
            $0.plugin = "valkey-database-plugin"
            $0.connectionURL = nil
            $0.host = "db"
            change(&$0)
        }
    }

    private static func role(_ field: String, _ change: @escaping @Sendable (inout PKIRoleSpec) -> Void) -> WrongMount {
        WrongMount(.pki, "spec.pki.roles[0].\(field)") { spec in
            var role = PKIRoleSpec.sample
            change(&role)
            spec.pki?.roles = [role]
        }
    }

    private static let general: [WrongMount] = [
        WrongMount(.kv, "spec.path") { $0.path = "sys/x" },
        WrongMount(.kv, "spec.description") { $0.description = "a\u{7}" },
        WrongMount(.kv, "spec.description") { $0.description = long },
        WrongMount(.kv, "spec.tune.defaultLeaseTTL") { $0.tune = MountTuning(defaultLeaseTTL: "0s") },
        WrongMount(.kv, "spec.tune.defaultLeaseTTL") {
            $0.tune = MountTuning(defaultLeaseTTL: "2h", maxLeaseTTL: "1h")
        },
        WrongMount(.kv, "spec.tune.maxLeaseTTL") { $0.tune = MountTuning(maxLeaseTTL: "1d") },
        WrongMount(.kv, "spec.tune.listingVisibility") { $0.tune = MountTuning(listingVisibility: "all") },
        WrongMount(.kv, "spec.tune.auditNonHMACRequestKeys[0]") {
            $0.tune = MountTuning(auditNonHMACRequestKeys: ["a,b"])
        },
        WrongMount(.kv, "spec.tune.auditNonHMACResponseKeys[1]") {
            $0.tune = MountTuning(auditNonHMACResponseKeys: ["a", ""])
        },
        WrongMount(.kv, "spec.kv.version") { $0.kv = KVMount(version: 3) },
        WrongMount(.kv, "spec.jwt") { $0.jwt = JWTMount() }, WrongMount(.kv, "spec.pki") { $0.pki = PKIMount() },
        WrongMount(.kv, "spec.database") { $0.database = DatabaseMount() },
        WrongMount(.jwt, "spec.kv") { $0.kv = KVMount() }, WrongMount(.jwt, "spec.jwt") { $0.jwt = nil },
        WrongMount(.kubernetes, "spec.kubernetes") { $0.kubernetes = nil },
    ]

    private static let auth: [WrongMount] = [
        WrongMount(.kubernetes, "spec.kubernetes.host") { $0.kubernetes?.host = "http://a" },
        WrongMount(.kubernetes, "spec.kubernetes.host") { $0.kubernetes?.host = "https://user:pw@a" },
        WrongMount(.kubernetes, "spec.kubernetes.host") { $0.kubernetes?.host = "https://" },
        WrongMount(.kubernetes, "spec.kubernetes.host") { $0.kubernetes?.host = "https://a b" },
        WrongMount(.kubernetes, "spec.kubernetes.caCertificate") { $0.kubernetes?.caCertificate = "x" },
        WrongMount(.kubernetes, "spec.kubernetes.caCertificate") { $0.kubernetes?.caCertificate = long },
        WrongMount(.kubernetes, "spec.kubernetes.caCertificate") { $0.kubernetes?.disableLocalCAJWT = true },
        WrongMount(.kubernetes, "spec.kubernetes.reviewerTokenSecretRef.name") {
            $0.kubernetes?.reviewerTokenSecretRef = .init(name: "other/secret")
        },
        WrongMount(.kubernetes, "spec.kubernetes.reviewerTokenSecretRef.key") {
            $0.kubernetes?.reviewerTokenSecretRef = .init(name: "a", key: "../a")
        },
        WrongMount(.jwt, "spec.jwt") { $0.jwt = JWTMount() },
        WrongMount(.jwt, "spec.jwt") { $0.jwt?.jwksURL = "https://a" },
        WrongMount(.jwt, "spec.jwt.jwksURL") {
            $0.jwt?.trust = nil
            $0.jwt?.jwksURL = "http://a"
        },
        WrongMount(.jwt, "spec.jwt.discoveryURL") {
            $0.jwt?.trust = nil
            $0.jwt?.discoveryURL = "ftp://a"
        },
        WrongMount(.jwt, "spec.jwt.caCertificate") { $0.jwt?.caCertificate = VaultMount.certificate },
        WrongMount(.jwt, "spec.jwt.boundIssuer") { $0.jwt?.boundIssuer = " a" },
    ]

    private static let database: [WrongMount] = [
        connection("name") { $0.name = "a/b" }, connection("plugin") { $0.plugin = "../x" },
        connection("connectionURL") { $0.connectionURL = "" },
        connection("connectionURL") { $0.connectionURL = "postgresql://db" },
        connection("connectionURL") { $0.connectionURL = "postgresql://{{username}}:secret@db/{{password}}" },
        connection("connectionURL") { $0.connectionURL = "user={{username}} password=secret x={{password}}" },
        connection("connectionURL") { $0.connectionURL = "{{username}}:{{password}}@db\n" },
        connection("credentialsSecretRef.name") { $0.credentialsSecretRef.name = "ns/x" },
        connection("credentialsSecretRef.usernameKey") { $0.credentialsSecretRef.usernameKey = "" },
        connection("credentialsSecretRef.passwordKey") { $0.credentialsSecretRef.passwordKey = "a/b" },
        connection("allowedRoles[0]") { $0.allowedRoles = ["a*b"] },
        connection("allowedRoles[1]") { $0.allowedRoles = ["*", ""] },
        connection("allowedRoles") { $0.allowedRoles = [String](repeating: "a", count: 257) },
        connection("rootRotationStatements[0]") { $0.rootRotationStatements = [long] },
        connection("rootRotationStatements[0]") { $0.rootRotationStatements = ["a\u{0}"] },
        connection("passwordPolicy") { $0.passwordPolicy = "a/b" },
        connection("usernameTemplate") { $0.usernameTemplate = "a\n" },
        connection("maxOpenConnections") { $0.maxOpenConnections = -1 },
        connection("maxIdleConnections") { $0.maxIdleConnections = .max },
        connection("maxConnectionLifetime") { $0.maxConnectionLifetime = "x" },
        connection("passwordAuthentication") { $0.passwordAuthentication = "md5" },
        connection("connectionURL") { $0.connectionURL = nil },
        connection("connectionURL") {
            $0.plugin = "valkey-database-plugin"
            $0.connectionURL = nil
        },
        connection("connectionURL") { $0.host = "db" }, connection("connectionURL") { $0.hosts = ["db"] },
        connection("connectionURL") { $0.url = "https://db" }, connection("port") { $0.port = 5432 },
        valkey("host") { $0.host = "a b" }, valkey("host") { $0.host = "user@db" }, valkey("port") { $0.port = 65_536 },
        valkey("hosts[1]") { $0.hosts = ["a", "b,c"] }, valkey("url") { $0.url = "https://user:pw@db" },
        valkey("maxOpenConnections") { $0.maxOpenConnections = 1 },
        valkey("maxConnectionLifetime") { $0.maxConnectionLifetime = "1h" },
        connection("settings.\"tls-ca\"") { $0.settings = ["tls-ca": "x"] },
        connection("settings.\"tls_ca\"") { $0.settings = ["tls_ca": ""] },
        connection("settings.\"tls_ca\"") { $0.settings = ["tls_ca": "-----BEGIN EC PRIVATE KEY-----"] },
        connection("settings.\"tls_ca\"") { $0.settings = ["tls_ca": long] },
        connection("settings.\"tls_skip_verify\"") { $0.settings = ["tls_skip_verify": "yes"] },
        connection("settings.\"protocol_version\"") { $0.settings = ["protocol_version": "4.0"] },
        connection("settings.\"password\"") { $0.settings = ["password": "hunter2"] },
        connection("settings.\"private_key\"") { $0.settings = ["private_key": "x"] },
        connection("settings.\"pem_bundle\"") { $0.settings = ["pem_bundle": "x"] },
        connection("settings.\"username\"") { $0.settings = ["username": "root"] },
        connection("settings.\"connection_url\"") { $0.settings = ["connection_url": "postgresql://a:b@db"] },
        connection("settings.\"allowed_roles\"") { $0.settings = ["allowed_roles": "*"] },
        connection("settings.\"verify_connection\"") { $0.settings = ["verify_connection": "false"] },
        connection("settings") { connection in
            connection.settings = Dictionary(uniqueKeysWithValues: (0...32).map { ("a\($0)", "x") })
        },
        connection("secretSettings[0].name") { $0.secretSettings = [.sample("Private")] },
        connection("secretSettings[0].name") { $0.secretSettings = [.sample("username")] },
        connection("secretSettings[0].name") { $0.secretSettings = [.sample("password")] },
        connection("secretSettings[1].name") { $0.secretSettings = [.sample("pem_json"), .sample("pem_json")] },
        connection("secretSettings[0].name") {
            $0.settings = ["tls_ca": "x"]
            $0.secretSettings = [.sample("tls_ca")]
        },
        connection("secretSettings") { connection in
            connection.secretSettings = (0...8).map { .sample("a\($0)") }
        },
        connection("secretSettings[0].secretRef.name") {
            $0.secretSettings = [.init(name: "pem_json", secretRef: .init(name: "ns/x", key: "a"))]
        },
        connection("secretSettings[0].secretRef.key") {
            $0.secretSettings = [.init(name: "pem_json", secretRef: .init(name: "x", key: ""))]
        },
        connection("credentialsSecretRef.passwordKey") {
            $0.secretSettings = [.sample("private_key")]
            $0.credentialsSecretRef.passwordKey = "password"
        },
        connection("passwordAuthentication") {
            $0.plugin = "mysql-database-plugin"
            $0.passwordAuthentication = "password"
        },
        WrongMount(.database, "spec.database.connections[1].name") { $0.database?.connections = [.sample, .sample] },
        WrongMount(.database, "spec.database.connections") {
            $0.database?.connections = [DatabaseMount.Connection](repeating: .sample, count: 65)
        },
    ]

    private static let pki: [WrongMount] = [
        WrongMount(.pki, "spec.pki.intermediate") { $0.pki?.intermediate = .init(signedBy: "root", commonName: "a") },
        WrongMount(.pki, "spec.pki.root.commonName") { $0.pki?.root?.commonName = "" },
        WrongMount(.pki, "spec.pki.root.commonName") { $0.pki?.root?.commonName = "a\u{0}" },
        WrongMount(.pki, "spec.pki.root.organization") { $0.pki?.root?.organization = long },
        WrongMount(.pki, "spec.pki.root.ttl") { $0.tune = nil },
        WrongMount(.pki, "spec.pki.root.ttl") { $0.pki?.root?.ttl = "x" },
        WrongMount(.pki, "spec.pki.root.keyType") { $0.pki?.root?.keyType = "dsa" },
        WrongMount(.pki, "spec.pki.root.keyBits") { $0.pki?.root?.keyBits = 1024 },
        WrongMount(.pki, "spec.pki.intermediate.signedBy") {
            $0.pki?.root = nil
            $0.pki?.intermediate = .init(signedBy: "web", commonName: "a")
        },
        WrongMount(.pki, "spec.pki.intermediate.signedBy") {
            $0.pki?.root = nil
            $0.pki?.intermediate = .init(signedBy: "sys", commonName: "a")
        },
        WrongMount(.pki, "spec.pki.urls.ocspServers[0]") { $0.pki?.urls?.ocspServers = ["ldap://a"] },
        WrongMount(.pki, "spec.pki.urls.issuingCertificates[0]") {
            $0.pki?.urls?.issuingCertificates = ["http://{{a}}"]
        },
        WrongMount(.pki, "spec.pki.urls.crlDistributionPoints") {
            $0.pki?.urls?.crlDistributionPoints = [String](repeating: "http://a", count: 17)
        },
        WrongMount(.pki, "spec.pki.roles[1].name") { $0.pki?.roles = [.sample, .sample] },
        role("name") { $0.name = "a b" }, role("allowedDomains[0]") { $0.allowedDomains = ["a,b"] },
        role("allowedDomains[0]") { $0.allowedDomains = ["{{identity.entity.name}}"] },
        role("allowedURISANs[0]") { $0.allowedURISANs = [""] },
        role("organization") { $0.organization = [String](repeating: "a", count: 65) },
        role("keyType") { $0.keyType = "x" }, role("keyBits") { $0.keyBits = 521 },
        role("keyUsage[0]") { $0.keyUsage = ["digitalSignature"] }, role("extKeyUsage[0]") { $0.extKeyUsage = ["x"] },
        role("ttl") { $0.ttl = "721h" }, role("maxTTL") { $0.maxTTL = "-1h" },
    ]
}

extension DatabaseMount.SecretSetting {
    static func sample(_ name: String) -> DatabaseMount.SecretSetting {
        .init(name: name, secretRef: .init(name: "orders-tls", key: name))
    }
}
