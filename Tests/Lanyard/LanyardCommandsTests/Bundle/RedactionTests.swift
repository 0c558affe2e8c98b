import KubernetesModel
import Testing

@testable import LanyardCommands

@Suite("Redaction")
struct RedactionTests {
    @Test(
        "what looks like a secret is taken out, wherever it stands",
        arguments: [
            "hvs.CAESIJ0canary", "s.canaryCanaryCanary123456", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
            "AKIACANARY7EXAMPLE00", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYcanaryKEY",
            "0123456789abcdef0123456789abcdef", "v-kubernet-orchestr-LbtkVFRKIks0canary",
            "s.canaryCanaryCanary123456.a1B2c", "b.AAAAAQcanary-Canary_0123456789",
            "auth/token/lookup/hvs.CAESIJ0canary", "web@eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
            "SG.canaryCanary0123456789.canary", "key-0123456789abcdef0123456789abcdef",
        ])
    func shapes(secret: String) {
        let texts = [
            secret, "failed with \(secret), again", "{\"a\":\"\(secret)\"}", "x=\(secret)&y=1", "(\(secret))",
        ]
        for text in texts {
            let redacted = Redaction.applied(to: text)
            #expect(!redacted.contains(secret) && redacted.contains(Redaction.mark), "\(text)")
        }
    }

    @Test(
        "what is called a secret is taken out, whatever it looks like",
        arguments: [
            "password=canary", "password: canary with words", "{\"password\":\"canary\"}",
            "\"clientSecret\" : \"canary\"",
            "VAULT_TOKEN=canary", "X-Vault-Token: canary", "Authorization: Bearer canary", "secret_id='canary'",
            "{\\\"password\\\":\\\"canary\\\"}", "user=me password='a \\' canary'", "api-key=canary",
            "password: 'it''s canary'", "vault:\n  password:\n    canary\n  role: me",
            "clientSecret: |-\n  a canary\n\n  canary",
            "postgresql://me:canary@db.example:5432/x?sslmode=disable", "https://canary@vault.example:8200",
            "postgres://me:ca/nary@db and https://canary:b@c",
            "a -----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\\ncanary",
        ])
    func names(text: String) {
        let redacted = Redaction.applied(to: text)
        #expect(!redacted.contains("canary") && !redacted.contains("nary"), "\(redacted)")
        #expect(redacted.contains(Redaction.mark))
    }

    @Test(
        "who logs in, and how, is taken out of an address without a scheme",
        arguments: [
            "app:canary@tcp(db.example:3306)/shop?tls=true", "app:ca/n@ry:canary@unix(/run/mysqld.sock)/shop",
            "scott/canary@db.example:1521/orcl", "scott/canary@//db.example:1521/orcl", "app:canary@db.example",
            "app:canary@sha256.example/shop", "app:canary@tcp(db)/shop?next=https://vault.example:8200",
            "app:canary@tcp(db)/shop?next=https://me:canary@vault.example", "app:can://ary@tcp(db)/shop",
            "app:can<ary@tcp(db)/shop", "app:can>x`ary@db.example/shop", "app:can\"ary@tcp(db)/shop",
            "app:can'ary@tcp(db)/shop", "app:'canary@tcp(db)/shop", "app:<canary>@db.example",
            "postgres://app:can<ary@db.example/shop", "postgres://app:can'x\"ary@db.example/shop",
        ])
    func logins(address: String) {
        let texts = [
            address, "dial \(address): refused", "dsn=\(address)", "{\"dsn\":\"\(address)\",\"try\":1}",
            "'\(address)'", "{\"error\":\"dial \\\"\(address)\\\": refused\"}", "image: a/b@sha256:0123 (\(address))",
        ]
        for text in texts {
            let redacted = Redaction.applied(to: text)
            #expect(!redacted.contains("can") && !redacted.contains("ary"), "\(redacted)")
            #expect(redacted.contains(Redaction.mark))
        }
    }

    @Test(
        "the argument of a flag that is called a secret is taken out, and of the name of a password in any spelling",
        arguments: [
            "mysql --user me --password canary --host db", "mysql -u me -p canary -h db", "psql --pwd 'canary'",
            "vault login --token \"canary with words\" -path jwt", "{\"args\":[\"--secret-id\",\"canary\",\"-v\"]}",
            "{\\\"args\\\":[\\\"-p\\\", \\\"canary\\\"]}", "args: [--client-secret, canary]", "--db-pass canary",
            "host=db port=5432 user=me password=canary sslmode=disable", "Server=db;Uid=me;Pwd=canary;",
            "DB_PASS=canary", "mysql_pwd: canary", "{\"pass\":\"canary\"}",
            "mysql -u me -pcanary -h db", "sh -c '/usr/bin/mysqldump -pcanary shop'", "mariadb -p'canary' shop",
            "{\"args\":[\"mysql\",\"-pcanary\",\"-v\"]}", "mysql -px;canary", "mariadb-dump -pcan'ary\"canary shop",
        ])
    func flags(text: String) {
        let redacted = Redaction.applied(to: text)
        #expect(!redacted.contains("canary"), "\(redacted)")
        #expect(redacted.contains(Redaction.mark))
    }

    @Test("in arguments that are told one by one, that of such a flag goes, and no other")
    func arguments() {
        let redacted = Redaction.applied(toLines: ["run", "--password", "canary", "--lines", "9", "-p", "canary"])
        #expect(redacted == ["run", "--password", Redaction.mark, "--lines", "9", "-p", Redaction.mark])
        let list = Redaction.applied(toLines: ["args:", "- --token", "- canary", "- --config", "- /etc/config.yaml"])
        #expect(list == ["args:", "- --token", Redaction.mark, "- --config", "- /etc/config.yaml"])
    }

    @Test(
        "an argument that is a block of YAML goes with all of its lines, and what follows stays",
        arguments: ["- |", "- >-", "- |2+", "- | # note"])
    func blocks(beginning: String) {
        let (flag, mark) = ("- --password", Redaction.mark)
        let block = [flag, "", beginning, "  canary", "", "    canary", "- --lines", "- 9"]
        #expect(Redaction.applied(toLines: block) == [flag, "", beginning, mark, "", mark, "- --lines", "- 9"])
        let inner = block.map { $0.isEmpty ? $0 : "  \($0)" }
        #expect(!Redaction.applied(toLines: ["args:"] + inner).joined().contains("canary"))
    }

    @Test("what only begins like a block is an argument", arguments: ["- |canary", "- >canary", "|- canary"])
    func noBlock(argument: String) {
        #expect(Redaction.applied(toLines: ["- --password", argument, "- 9"])[1...] == [Redaction.mark, "- 9"])
    }

    @Test(
        "what helps stays as it is",
        arguments: [
            "VaultRoleBinding shop/web: PermissionDenied: cannot read sys/policies/acl/web",
            "tokenFile: /var/run/secrets/lanyard.dev/vault/token", "spiffe://example.org/ns/shop/sa/web",
            "image: example.org/lanyard@sha256:" + String(repeating: "0123456789abcdef", count: 4),
            "mount auth/jwt: is of type kubernetes, not jwt",
            "lanyard-5f6c9d8b7c-x2x4z_0e1f2a3b-0000-4000-8000-000000000001",
            "{\"level\":\"info\",\"message\":\"written\",\"object.key\":\"shop/web\",\"time\":\"2026-11-30T16:38:28Z\"}",
            "workqueue_queue_duration_seconds_bucket{controller=\"vaultrolebinding\",le=\"0.01\"} 12",
            "address: https://vault.vault.svc:8200", "entry.id lanyard.production.shop.orchestrator-dynamic", "",
            "two\nlines\n", "asks me@example.org, or <platform-team@example.org>",
            "{\"owner\":\"me@example.org\",\"id\":\"spiffe://example.org/ns/shop/sa/web\"}", "owner=me@example.org",
            "spiffe://example.org/ns/shop/sa/web and me@example.org for shop/web",
            "image: registry.example:5000/team/lanyard@sha256:" + String(repeating: "0123456789abcdef", count: 4),
            "lanyard bundle --namespace lanyard-system --lines 200 -o yaml", "--token-file /run/token bypass: 3",
            "<me@example.org> and `you@example.org`", "owner=\"me@example.org\", 'you@example.org'",
            "{\"id\":\"spiffe://example.org/ns/shop/sa/web\",\"owner\":\"me@example.org\"}",
            "{\\\"url\\\":\\\"https://vault.example\\\"} <me@example.org>",
            "mysql --port 3306 --protocol tcp -P 3307", "mysql-plugin -pab", "run -profile fast -path /var/lib/x",
        ])
    func rest(text: String) {
        #expect(Redaction.applied(to: text) == text)
    }

    @Test("in lines that are told one by one, a key goes with all of its lines, and what is none ends it")
    func linesOfKeys() {
        let key = [
            "-----BEGIN RSA PRIVATE KEY-----", "DEK-Info: canary", "", "  canary=", "-----END RSA PRIVATE KEY-----",
        ]
        let tree: JSONValue = .array((["before"] + key + ["after"]).map(JSONValue.string))
        let redacted = Redaction.applied(to: tree).array?.compactMap(\.string) ?? []
        #expect(redacted.count == key.count + 2 && redacted.first == "before" && redacted.last == "after")
        #expect(!redacted.joined().contains("canary"))
        let cut = ["x -----BEGIN \(Redaction.mark)", "{\"level\":\"info\",\"message\":\"leading\"}", "name: web"]
        #expect(Redaction.applied(toLines: cut) == ["x \(Redaction.mark)"] + cut.dropFirst())
        #expect(
            Redaction.applied(toLines: ["  token: |", "    canary", "", "  role: me"])[1...] == [
                Redaction.mark, "", "  role: me",
            ])
    }

    @Test("in a tree, members with the name of a secret go, and others are looked at")
    func tree() {
        let tree: JSONValue = [
            "password": "canary", "items": [["token": "canary", "note": "password=canary"]], "tokens": 3, "token": 7,
            "hvs.CAESIJ0canary": "a",
        ]
        let redacted = Redaction.applied(to: tree)
        #expect(redacted["password"] == "[redacted]")
        #expect(redacted["items"]?.array?.first == ["token": "[redacted]", "note": "password=[redacted]"])
        #expect(redacted["tokens"] == 3 && redacted["token"] == 7)
        #expect(redacted["[redacted]"] == "a")
    }
}
