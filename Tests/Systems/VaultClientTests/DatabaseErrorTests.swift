import Testing

@testable import VaultClient

/// What a database says reaches people as constants: codes and their meaning, never the text around them.
@Suite("Errors of databases")
struct DatabaseErrorTests {
    /// Texts as OpenBao passes them on, with what must not come through, and what is shown.
    static let cases: [(text: String, path: String, shown: String)] = [
        (
            "error creating database object: error verifying connection: failed to connect to "
                + "`user=canary database=app`: 10.0.0.7:5432 (canary): failed SASL auth: FATAL: password authentication "
                + "failed for user \"canary\" (SQLSTATE 28P01)", "database/config/a",
            "error verifying connection: the database refuses the user's password (SQLSTATE 28P01)"
        ),
        (
            "1 error occurred:\n\t* error setting credentials: 1 error occurred:\n\t* failed to execute query: ERROR: "
                + "unterminated dollar-quoted string at or near \"$$ BEGIN canary\" (SQLSTATE 42601)\n\n\n\n",
            "database/static-roles/a", "the database finds a syntax error in the statements (SQLSTATE 42601)"
        ),
        (
            "failed to execute query: ERROR: role \"canary\" does not exist (SQLSTATE 42704)",
            "database/static-roles/a",
            "the database has no such user or object (SQLSTATE 42704)"
        ),
        (
            "failed to revoke \"database/creds/canary/AbC123\" (1 / 3): failed to revoke entry: resp: (nil) err: ERROR: "
                + "role \"v-canary\" cannot be dropped because some objects depend on it (SQLSTATE 2BP01)",
            "sys/leases/revoke-prefix/database/creds/a",
            "other objects of the database depend on the user (SQLSTATE 2BP01)"
        ),
        (
            "failed to revoke \"database/creds/canary/AbC123\" (1 / 3): failed to revoke entry",
            "sys/mounts/database", ""
        ),
        ("Error 1045 (28000): Access denied for user 'canary'@'10.0.0.1'", "database/config/a", "(error 1045)"),
        ("ERROR: odd (SQLSTATE 99999)", "database/roles/a", "the database refuses it (SQLSTATE 99999)"),
        (
            "ERROR: out of canary (SQLSTATE 53123)", "database/roles/a",
            "the database is out of resources (SQLSTATE 53123)"
        ),
        (
            "error verifying connection: dial tcp 10.0.0.7:5432: connect: connection refused", "database/config/a",
            "error verifying connection: the database refuses the connection"
        ),
        (
            "error creating database object: error verifying connection: failed to connect to `user=canary`: "
                + "10.0.0.7:5432 (10.0.0.7): tls error: server refused TLS connection", "database/config/a",
            "error verifying connection: the database does not speak TLS"
        ),
        ("error verifying connection: lookup canary: no such host", "database/config/a", "host is not known"),
        ("x509: certificate signed by canary", "database/config/a", "certificate of the database is not accepted"),
    ]

    @Test("codes and constants are shown, and nothing else", arguments: cases)
    func text(_ text: String, _ path: String, _ shown: String) throws {
        let summary = VaultErrorSummary.text(of: [text], on: try VaultPath(path))
        #expect(summary.hasPrefix("the secrets engine refuses the request"))
        #expect(summary.hasSuffix(shown))
        for secret in ["canary", "AbC123", "10.0.0"] { #expect(!summary.contains(secret), "\(summary)") }
    }

    @Test(
        "what only looks like a code is none",
        arguments: [
            "(SQLSTATE canary)", "(SQLSTATE 2bp01)", "(SQLSTATE )", "(SQLSTATE", "Error canary", "Error 12",
            "Error ١٠٤٥",
            "SQLSTATE 28P01",
        ])
    func noCode(_ text: String) {
        #expect(DatabaseErrorCode(in: text) == nil)
    }

    @Test("a warning follows the same rules")
    func warning() throws {
        #expect(
            VaultErrorSummary.warning(of: ["Role web has no audience"], on: try VaultPath("auth/kubernetes/role/web"))
                == "Role web has no audience")
        let engine = VaultErrorSummary.warning(of: ["canary (SQLSTATE 42501)"], on: try VaultPath("database/roles/a"))
        #expect(!engine.contains("canary") && engine.contains("42501"))
    }
}
