import Testing

@testable import VaultClient

@Suite("VaultErrorSummary")
struct VaultErrorSummaryTests {
    @Test(
        "shows what a refusal of the server says",
        arguments: [
            ("invalid 'token_type' value \"x\"", "invalid 'token_type' value \"x\""),
            (
                "failed to parse policy: At 1:12: object expected closing RBRACE got: EOF",
                "failed to parse policy: At 1:12: object expected closing RBRACE got: EOF"
            ),
            ("1 error occurred:\n\t* unsupported operation\n\n", "unsupported operation"),
            ("first line\nsecond line", "first line"),
            ("", "the server refuses the request"),
            ("invalid role name \"lanyard.production.team.web\"", "invalid role name \"lanyard.production.team.web\""),
        ])
    func plain(_ text: String, _ expected: String) throws {
        #expect(VaultErrorSummary.text(of: [text], on: try VaultPath("auth/kubernetes/role/a")) == expected)
    }

    /// Texts with canaries that must not come through.
    static let secrets: [(text: String, canaries: [String])] = [
        ("token hvs.CAESIJcanary1234567890 is bad", ["canary", "hvs."]),
        ("token s.canaryAbCdEf0123456789 expired", ["canary"]),
        ("batch b.AAAAAQcanary and more", ["canary"]),
        ("hvb.canary0123456789", ["canary"]),
        ("jwt eyJhbGciOiJSUzI1NiIsImtpZCI6ImNhbmFyeSJ9.e30.c2ln was refused", ["eyJ", "e30"]),
        ("dial error: password=canary host=db.canary", ["canary"]),
        ("password: 'can ary' given", ["can ary"]),
        ("{\"data\":{\"token\": \"canary\"}}", ["canary"]),
        ("PGPASSWORD=canary", ["canary"]),
        ("connect to postgres://vault:canary@db.prod:5432/app?sslmode=off failed", ["canary", "db.prod", "5432"]),
        ("{\"client_token\":\"canary\"}", ["canary"]),
        ("failed to connect to `user=canary database=canary`: 10.1.2.3:5432 (db)", ["canary", "10.1.2.3"]),
        ("dial tcp 10.96.0.10:53: connect: connection refused", ["10.96.0.10"]),
        ("dial tcp [fe80::1]:8443: refused", ["fe80"]),
        ("lookup vault.vault.svc.cluster.local on 10.0.0.2:53: no such host", ["vault.vault", "10.0.0.2"]),
        ("Post \"https://canary.example/v1\": EOF", ["canary"]),
        ("Authorization: Bearer canary", ["canary"]),
        ("mail admin@canary.example", ["canary"]),
        ("db-canary:5432 refused", ["canary"]),
    ]

    @Test("nothing that looks like a secret or an address comes through", arguments: secrets)
    func redaction(_ text: String, _ canaries: [String]) throws {
        let shown = VaultErrorSummary.text(of: [text], on: try VaultPath("auth/kubernetes/config"))
        for canary in canaries {
            #expect(!shown.contains(canary), "\(shown)")
        }
    }

    @Test(
        "a secrets engine's text is replaced by constants",
        arguments: [
            ("database name is required", "the secrets engine refuses the request: database name is required"),
            (
                "error creating database object: error verifying connection: pq: role \"canary\" does not exist",
                "the secrets engine refuses the request: error verifying connection"
            ),
            ("ERROR: syntax error at or near \"canary\"", "the secrets engine refuses the request"),
        ])
    func secretsEngine(_ text: String, _ expected: String) throws {
        #expect(VaultErrorSummary.text(of: [text], on: try VaultPath("database/roles/a")) == expected)
    }

    @Test("a long text is cut to 200 bytes at a character")
    func cut() throws {
        let text = VaultErrorSummary.text(
            of: [String(repeating: "ä ", count: 300)], on: try VaultPath("auth/kubernetes/role/a"))
        #expect(text.utf8.count <= 200)
        #expect(text.utf8.count > 190)
        #expect(text.hasSuffix("…"))
    }

    @Test("control characters cannot steer a terminal or reorder a line")
    func terminal() throws {
        let text = VaultErrorSummary.text(
            of: ["bad \u{1B}[31mname\u{202E}gnp"], on: try VaultPath("auth/kubernetes/role/a"))
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        #expect(text.hasPrefix("bad"))
    }
}
