import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("Comparison of what is below a mount")
struct MountComparisonTests {
    /// An object with what a server reads back after it was written, and a value of another kind for each field.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let object: MountedObject
        let stored: JSONValue
        /// Values that differ, by field. Those of a connection's plugin are below `details`.
        let changes: [String: JSONValue]
        var details: [String: JSONValue] = [:]
    }

    private static let certificate = "-----BEGIN CERTIFICATE-----\nMAAw\n-----END CERTIFICATE-----"
    private static let connection = DatabaseConnection(
        connectionURL: "postgresql://{{username}}:{{password}}@db/orders", username: "vault", allowedRoles: ["a", "b"],
        rootRotation: ["ALTER USER x;"], passwordPolicy: "long", maxOpenConnections: 4, maxConnectionLifetime: 300,
        passwordAuthentication: "password")
    private static let storedConnection: JSONValue = [
        "plugin_name": "postgresql-database-plugin", "plugin_version": "", "allowed_roles": ["b", "a"],
        "root_credentials_rotate_statements": ["ALTER USER x;"], "password_policy": "long",
        "connection_details": [
            "connection_url": "postgresql://{{username}}:{{password}}@db/orders", "username": "vault",
            "max_open_connections": 4, "max_idle_connections": 0, "max_connection_lifetime": "300s",
            "username_template": "", "password_authentication": "password", "disable_escaping": false, "tls_ca": "",
        ],
    ]

    private static var role: PKIRole {
        var role = PKIRole()
        role.allowedDomains = ["svc"]
        role.ttl = 604_800
        role.maxTTL = 2_592_000
        return role
    }

    /// As OpenBao 2.7.2 reads it back.
    private static let storedRole: JSONValue = [
        "allow_any_name": false, "allow_bare_domains": false, "allow_glob_domains": false,
        "allow_globs_in_identity_templates": false, "allow_ip_sans": true, "allow_localhost": true,
        "allow_subdomains": false, "allow_token_displayname": false, "allow_wildcard_certificates": true,
        "allowed_domains": ["svc"], "allowed_domains_template": false, "allowed_ip_sans_cidr": [],
        "allowed_other_sans": [], "allowed_serial_numbers": [], "allowed_uri_sans": [],
        "allowed_uri_sans_template": false, "allowed_user_ids": [], "basic_constraints_valid_for_non_ca": false,
        "client_flag": true, "cn_validations": ["email", "hostname"], "code_signing_flag": false, "country": [],
        "email_protection_flag": false, "enforce_hostnames": true, "ext_key_usage": [], "ext_key_usage_oids": [],
        "generate_lease": false, "issuer_ref": "default", "key_bits": 2048, "key_type": "rsa",
        "key_usage": ["DigitalSignature", "KeyAgreement", "KeyEncipherment"], "max_ttl": 2_592_000, "no_store": false,
        "not_after": "", "not_before_duration": 30, "organization": [], "require_cn": true, "server_flag": true,
        "signature_bits": 0, "ttl": 604_800, "use_csr_common_name": true, "use_csr_sans": true, "use_pss": false,
    ]

    private static let cases = [
        Case(
            testDescription: "Kubernetes auth",
            object: .kubernetes(
                KubernetesAuthConfiguration(
                    host: "https://k:6443", caCertificate: certificate, hasReviewerToken: true, disablesLocalCA: true)),
            stored: [
                "disable_iss_validation": true, "disable_local_ca_jwt": true, "issuer": "",
                "kubernetes_ca_cert": .string("\(certificate)\n"), "kubernetes_host": "https://k:6443",
                "pem_keys": [], "token_reviewer_jwt_set": true,
            ],
            changes: [
                "kubernetes_host": "https://other", "kubernetes_ca_cert": "", "disable_local_ca_jwt": false,
                "token_reviewer_jwt_set": false, "pem_keys": ["x"], "issuer": "x",
            ]),
        Case(
            testDescription: "JWT auth with keys",
            object: .jwt(JWTAuthConfiguration(keys: .fixed(["a\nb", "c"]), boundIssuer: "i")),
            stored: [
                "bound_issuer": "i", "default_role": "", "jwks_ca_pem": "", "jwks_url": "", "jwt_supported_algs": [],
                "jwt_validation_pubkeys": ["c", "a\nb\n"], "namespace_in_state": true, "oidc_client_id": "",
                "oidc_discovery_ca_pem": "", "oidc_discovery_url": "", "override_allowed_server_names": [],
                "provider_config": [:], "status": "valid",
            ],
            changes: [
                "bound_issuer": "", "default_role": "r", "jwks_ca_pem": "x", "jwks_url": "https://x",
                "jwt_supported_algs": ["none"], "jwt_validation_pubkeys": ["c"], "oidc_client_id": "x",
                "oidc_discovery_ca_pem": "x", "oidc_discovery_url": "https://x",
                "override_allowed_server_names": ["x"], "provider_config": ["provider": "x"], "jwks_pairs": ["x"],
            ]),
        Case(
            testDescription: "JWT auth with a key set",
            object: .jwt(JWTAuthConfiguration(keys: .jwks(url: "https://keys", caCertificate: certificate))),
            stored: ["jwks_url": "https://keys", "jwks_ca_pem": .string(certificate), "jwt_validation_pubkeys": []],
            changes: ["jwks_url": "https://other", "jwks_ca_pem": "", "jwt_validation_pubkeys": ["x"]]),
        Case(
            testDescription: "JWT auth with a provider",
            object: .jwt(JWTAuthConfiguration(keys: .discovery(url: "https://oidc", caCertificate: ""))),
            stored: ["oidc_discovery_url": "https://oidc", "bound_issuer": .null],
            changes: ["oidc_discovery_url": "https://oidc/", "oidc_discovery_ca_pem": "x", "bound_issuer": "x"]),
        Case(
            testDescription: "connection", object: .connection(connection), stored: storedConnection,
            changes: [
                "plugin_name": "mysql-database-plugin", "allowed_roles": ["*"],
                "root_credentials_rotate_statements": [], "password_policy": "",
            ],
            details: [
                "connection_url": "postgresql://{{username}}:{{password}}@evil/orders", "username": "other",
                "max_open_connections": 5, "max_idle_connections": "1", "max_connection_lifetime": "301s",
                "username_template": "x", "password_authentication": "scram-sha-256", "disable_escaping": true,
                "tls_ca": "x",
            ]),
        Case(
            testDescription: "URLs", object: .urls(PKIURLs(issuingCertificates: ["https://a", "https://b"])),
            stored: [
                "issuing_certificates": ["https://b", "https://a"], "crl_distribution_points": [], "ocsp_servers": [],
                "delta_crl_distribution_points": [], "enable_templating": false,
            ],
            changes: [
                "issuing_certificates": ["https://a"], "crl_distribution_points": ["x"], "ocsp_servers": ["x"],
                "delta_crl_distribution_points": ["x"], "enable_templating": true,
            ]),
        Case(
            testDescription: "PKI role", object: .role(role), stored: storedRole,
            changes: [
                "allow_any_name": true, "allow_bare_domains": true, "allow_glob_domains": true,
                "allow_globs_in_identity_templates": true, "allow_ip_sans": false, "allow_localhost": false,
                "allow_subdomains": true, "allow_token_displayname": true, "allow_wildcard_certificates": false,
                "allowed_domains": ["svc", "x"], "allowed_domains_template": true, "allowed_other_sans": ["*"],
                "allowed_uri_sans": ["*"], "allowed_uri_sans_template": true, "allowed_user_ids": ["*"],
                "basic_constraints_valid_for_non_ca": true, "client_flag": false, "cn_validations": ["disabled"],
                "code_signing_flag": true, "email_protection_flag": true, "enforce_hostnames": false,
                "ext_key_usage": ["ServerAuth"], "ext_key_usage_oids": ["1.2"], "issuer_ref": "other",
                "key_bits": 4096, "key_type": "any", "key_usage": [], "max_ttl": 0, "no_store": true,
                "not_after": "9999-12-31T23:59:59Z", "organization": ["x"], "require_cn": false,
                "server_flag": false, "ttl": 1, "use_csr_common_name": false, "use_csr_sans": false,
            ]),
    ]

    @Test("what a server reads back does not differ", arguments: cases)
    func equal(item: Case) {
        #expect(item.object.differences(from: item.stored) == [])
    }

    @Test("each field that differs is found, and no other one", arguments: cases)
    func drifted(item: Case) {
        for (field, value) in item.changes {
            var stored = item.stored
            stored[field] = value
            #expect(item.object.differences(from: stored).map(\.field) == [field])
        }
        for (field, value) in item.details {
            var stored = item.stored
            stored["connection_details"]?[field] = value
            #expect(item.object.differences(from: stored).map(\.field) == [field])
        }
    }

    @Test("a value of another type, or no object at all, differs and does not trap", arguments: cases)
    func malformed(item: Case) {
        for value in [["x": 1], [1], .number(1.5)] as [JSONValue] {
            for field in item.changes.keys {
                var stored = item.stored
                stored[field] = value
                #expect(item.object.differences(from: stored).map(\.field) == [field], "\(field) \(value)")
            }
            #expect(!item.object.differences(from: value).isEmpty)
        }
    }

    @Test("what is sent is every managed field, and read back as it is it does not differ", arguments: cases)
    func body(item: Case) {
        guard case .connection = item.object else {
            #expect(item.object.differences(from: item.object.body) == [])
            return
        }
        #expect(item.object.body["password"] == nil)
        #expect(item.object.body["verify_connection"] == true)
    }

    @Test("a missing key is its zero")
    func missing() {
        #expect(MountedObject.urls(PKIURLs()).differences(from: [:]) == [])
        let bare = DatabaseConnection(connectionURL: "", username: "")
        #expect(bare.differences(from: ["plugin_name": "postgresql-database-plugin"]) == [])
        // Servers that do not say whether there is a token are believed.
        let configuration = KubernetesAuthConfiguration(host: "https://k", hasReviewerToken: true)
        #expect(configuration.differences(from: ["kubernetes_host": "https://k"]) == [])
    }

    @Test("numbers of a connection may be texts", arguments: [4, "4", " 4 "] as [JSONValue])
    func numbers(value: JSONValue) {
        var stored = Self.storedConnection
        stored["connection_details"]?["max_open_connections"] = value
        #expect(Self.connection.differences(from: stored) == [])
        stored["connection_details"]?["max_open_connections"] = "five"
        #expect(Self.connection.differences(from: stored).map(\.summary) == ["five, wanted 4"])
    }

    @Test("no write-only value is compared or shown")
    func secrets() {
        var stored = Self.storedConnection
        stored["connection_details"]?["password"] = "hunter2"
        #expect(Self.connection.differences(from: stored) == [])
        stored["connection_details"]?["connection_url"] = "postgresql://root:hunter2@db/orders"
        let differences = Self.connection.differences(from: stored)
        #expect(differences.map(\.field) == ["connection_url"])
        #expect(!FieldDifference.summary(differences).contains("hunter2"))
    }

    @Test(
        "the password in a connection's URL does not matter, since servers show another one",
        arguments: ["xxxxx", "{{password}}", "a:b@c", ""])
    func connectionURL(password: String) {
        var stored = Self.storedConnection
        stored["connection_details"]?["connection_url"] = .string("postgresql://{{username}}:\(password)@db/orders")
        #expect(Self.connection.differences(from: stored) == [])
        let pairs = DatabaseConnection(connectionURL: "host=db user={{username}} password={{password}} dbname=o")
        let details: JSONValue = ["connection_url": .string("host=db user={{username}} password=xxxxx dbname=o")]
        #expect(
            pairs.differences(from: ["plugin_name": "postgresql-database-plugin", "connection_details": details]) == [])
    }

    @Test("rotation statements are read back under another name than written")
    func rotationStatements() {
        #expect(Self.connection.body["root_rotation_statements"] == ["ALTER USER x;"])
        #expect(Self.connection.body["root_credentials_rotate_statements"] == nil)
        var stored = Self.storedConnection
        stored["root_credentials_rotate_statements"] = nil
        stored["root_rotation_statements"] = ["ALTER USER x;"]
        #expect(Self.connection.differences(from: stored).map(\.field) == ["root_credentials_rotate_statements"])
    }

    @Test("names of database and PKI roles are not folded, key usages are")
    func folding() {
        var stored = Self.storedConnection
        stored["allowed_roles"] = ["A", "b"]
        #expect(Self.connection.differences(from: stored).map(\.field) == ["allowed_roles"])
        var role = Self.storedRole
        role["key_usage"] = ["digitalsignature", "keyagreement", "keyencipherment"]
        #expect(Self.role.differences(from: role) == [])
    }
}
