import FoundationEssentials
import KubernetesModel
import Testing

@testable import VaultClient

@Suite("VaultResponse")
struct VaultOutcomeTests {
    /// A recorded answer of OpenBao 2.7 (unless noted) and what it means.
    struct Case: CustomTestStringConvertible, Sendable {
        let status: Int
        let body: String
        let expected: VaultError.Code
        var method = VaultMethod.get
        var path = "auth/kubernetes/role/web"

        init(
            _ status: Int, _ body: String, _ expected: VaultError.Code, method: VaultMethod = .get,
            path: String = "auth/kubernetes/role/web"
        ) {
            self.status = status
            self.body = body
            self.expected = expected
            self.method = method
            self.path = path
        }

        var testDescription: String { "\(status) \(body.prefix(60)) → \(expected)" }
    }

    static let failures: [Case] = [
        // The four different 404s, but absence, and one that is not the API's.
        Case(
            404, #"{"errors":["no handler for route \"auth/x1/role/a\". route entry not found."]}"#, .mountMissing),
        Case(404, #"{"errors":["1 error occurred:\n\t* unsupported path\n\n"]}"#, .rejected),
        Case(404, #"{"errors":["namespace not found"]}"#, .rejected),
        Case(404, "<html>404 Not Found</html>", .malformedAnswer),
        Case(404, "", .malformedAnswer),
        Case(404, "{}", .malformedAnswer),
        Case(404, #"{"errors":null}"#, .malformedAnswer),
        // 400
        Case(400, #"{"errors":["No auth engine at nope/"]}"#, .mountMissing, path: "sys/auth/nope"),
        Case(400, #"{"errors":["No secret engine mount at nope/"]}"#, .mountMissing, path: "sys/mounts/nope"),
        Case(
            400, #"{"errors":["tune of path \"zz/\" failed: no mount entry found"]}"#, .mountMissing, method: .post,
            path: "sys/mounts/zz/tune"),
        Case(400, #"{"errors":["Forbidden"]}"#, .permissionDenied),
        Case(
            400, #"{"errors":["check-and-set parameter set to -1 on existing entry"]}"#, .checkAndSetFailed,
            method: .post, path: "sys/policies/acl/web"),
        Case(
            400, #"{"errors":["check-and-set parameter 7 did not match the current version 1"]}"#,
            .checkAndSetFailed, method: .post, path: "sys/policies/acl/web"),
        Case(
            400, #"{"errors":["check-and-set parameter required for this call"]}"#, .rejected, method: .post,
            path: "sys/policies/acl/web"),
        Case(
            400, #"{"errors":["failed to parse policy: At 1:12: object expected closing RBRACE got: EOF"]}"#,
            .rejected, method: .post, path: "sys/policies/acl/web"),
        Case(400, #"{"errors":["relative paths not supported"]}"#, .rejected),
        Case(400, "Bad Request", .rejected),
        // 403
        Case(403, #"{"errors":["permission denied"]}"#, .permissionDenied),
        Case(403, #"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#, .permissionDenied),
        Case(
            403,
            #"{"errors":["preflight capability check returned 403, please ensure client's policies grant access to path \"auth/nope/\""]}"#,
            .permissionDenied),
        // Others
        Case(307, "", .rejected),
        Case(405, #"{"errors":["1 error occurred:\n\t* unsupported operation\n\n"]}"#, .rejected),
        Case(412, #"{"errors":["required index state not present"]}"#, .unavailable),
        Case(413, #"{"errors":["http: request body too large"]}"#, .rejected, method: .post),
        Case(415, "", .rejected),
        Case(429, #"{"errors":["request path \"auth/a\": rate limit quota exceeded"]}"#, .rateLimited),
        Case(
            500, #"{"errors":["local node not active but active cluster node not found"]}"#, .unavailable),
        Case(500, #"{"errors":["internal error"]}"#, .unavailable),
        Case(500, "", .unavailable),
        Case(
            500, #"{"errors":["failed to find entry for connection with name: \"nodb\""]}"#, .rejected,
            path: "database/creds/a"),
        Case(500, #"{"errors":["\"App\" is not an allowed role"]}"#, .rejected, path: "database/creds/a"),
        Case(
            500, #"{"errors":["error verifying connection: context deadline exceeded"]}"#, .slow,
            method: .post, path: "database/static-roles/a"),
        // Leases are revoked through their engine, and its database: none of that is an outage.
        Case(
            500, #"{"errors":["failed to revoke \"database/creds/a/x\" (1 / 9): context deadline exceeded"]}"#, .slow,
            method: .post, path: "sys/leases/revoke-prefix/database/creds/a"),
        Case(
            500, #"{"errors":["failed to revoke \"database/creds/a/x\" (1 / 9): internal error"]}"#, .rejected,
            method: .post, path: "sys/leases/revoke-prefix/database/creds/a"),
        Case(
            500, #"{"errors":["Vault is sealed"]}"#, .unavailable, method: .post,
            path: "sys/leases/revoke-prefix/database/creds/a"),
        // A statement brings its own text into its database's answer.
        Case(
            500, #"{"errors":["ERROR: column \"Vault is sealed\" does not exist (SQLSTATE 42703)"]}"#, .rejected,
            method: .post, path: "database/static-roles/a"),
        Case(
            500, #"{"errors":["ERROR: leadership lost (SQLSTATE P0001)"]}"#, .rejected, method: .post,
            path: "sys/leases/revoke-prefix/database/creds/a"),
        Case(
            500, #"{"errors":["local node not active but active cluster node not found"]}"#, .unavailable,
            path: "database/roles/a"),
        Case(
            400, #"{"errors":["failed to revoke: ERROR: column \"no mount entry found\" does not exist"]}"#, .rejected,
            method: .post, path: "sys/leases/revoke-prefix/database/creds/a"),
        Case(
            400, #"{"errors":["ERROR: No secret engine mount at x"]}"#, .rejected, method: .post,
            path: "database/static-roles/a"),
        Case(500, #"{"errors":["role del1 does not exist during renewal"]}"#, .rejected, method: .post),
        Case(501, "", .sealed),
        Case(503, #"{"errors":["Vault is sealed"]}"#, .sealed),
        Case(503, "<html>upstream down</html>", .unavailable),
        Case(502, "<html>bad gateway</html>", .unavailable),
        Case(473, "", .unavailable),
        Case(200, "<html>captive portal</html>", .malformedAnswer),
    ]

    @Test("every recorded failure has its code", arguments: failures)
    func failure(_ test: Case) throws {
        let outcome = try outcome(test)
        guard case .failure(let error) = outcome else {
            Issue.record("expected a failure, got \(outcome)")
            return
        }
        #expect(error.code == test.expected)
        #expect(!error.message.isEmpty)
    }

    @Test("absence is 404 with an empty list of errors", arguments: [VaultMethod.get, .delete, .post])
    func absence(_ method: VaultMethod) throws {
        #expect(try outcome(Case(404, #"{"errors":[]}"#, .rejected, method: method)) == .absent)
    }

    @Test("200 and 204 are success alike, and warnings are kept")
    func success() throws {
        #expect(try outcome(Case(204, "", .rejected, method: .post)) == .success(data: nil, warnings: []))
        let warned =
            #"{"request_id":"d0","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":["max_ttl is greater"],"auth":null}"#
        #expect(
            try outcome(Case(200, warned, .rejected, method: .post))
                == .success(data: nil, warnings: ["max_ttl is greater"]))
        let data = #"{"data":{"token_ttl":60},"warnings":null,"auth":null}"#
        #expect(try outcome(Case(200, data, .rejected)) == .success(data: ["token_ttl": 60], warnings: []))
    }

    @Test(
        "an answer in which something is of another type is none of the API's",
        arguments: [
            "[]", "null", #""x""#, #"{"errors":"x"}"#, #"{"errors":[1]}"#, #"{"errors":[null]}"#, #"{"warnings":{}}"#,
            #"{"auth":{}}"#, #"{"auth":"t"}"#, #"{"auth":{"client_token":null}}"#,
            #"{"auth":{"client_token":"t","lease_duration":"1"}}"#,
            #"{"auth":{"client_token":"t","lease_duration":1.5}}"#,
            #"{"auth":{"client_token":"t","renewable":1}}"#, #"{"auth":{"client_token":"t","policies":["a",1]}}"#,
            #"{"commit_date":1}"#, #"{"data":{}"#, #"{"data":{}} x"#,
        ])
    func otherTypes(body: String) throws {
        guard case .failure(let error) = try outcome(Case(200, body, .malformedAnswer)) else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.code == .malformedAnswer)
    }

    @Test("what is null is absent, and of a login only the token has to be there")
    func absentMembers() {
        let nothing = #"{"errors":null,"warnings":null,"data":null,"auth":null,"commit_date":null,"wrap_info":{}}"#
        #expect(response(200, nothing).envelope == VaultEnvelope())
        let least = response(200, #"{"auth":{"client_token":"t","lease_duration":null,"policies":null}}"#)
        #expect(least.envelope?.auth == VaultAuthentication(clientToken: "t", leaseDuration: 0, renewable: false))
        let login = response(
            200, #"{"auth":{"client_token":"t","lease_duration":3600,"renewable":true,"policies":["a","b"]}}"#)
        #expect(
            login.envelope?.auth
                == VaultAuthentication(clientToken: "t", leaseDuration: 3600, renewable: true, policies: ["a", "b"]))
        #expect(response(200, #"{"commit_date":"2025-01-01T00:00:00Z"}"#).envelope?.commitDate != nil)
    }

    @Test("numbers of an answer are whole where they can be, and large ones are kept as well as a Double can")
    func numbers() throws {
        let body = #"{"data":{"a":3.0,"b":1e3,"c":0.5,"d":9223372036854775807,"e":18446744073709551615}}"#
        #expect(
            try outcome(Case(200, body, .rejected))
                == .success(
                    data: [
                        "a": 3, "b": 1000, "c": .number(0.5), "d": .integer(.max),
                        "e": .number(18_446_744_073_709_551_616),
                    ], warnings: []))
    }

    @Test(
        "the wait that a rate limit asks for is kept, nonsense is not",
        arguments: [
            ("7", Duration.seconds(7)), ("-1", nil), ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
            ("999999999", .seconds(3600)),
        ])
    func retryAfter(_ header: String, _ expected: Duration?) throws {
        let response = VaultResponse(status: 429, data: Data()) { $0 == "retry-after" ? header : nil }
        guard case .failure(let error) = response.outcome(of: .get, try VaultPath("a/b")) else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.retryAfter == expected)
    }

    @Test(
        "a bare refusal suggests a bad token, a listed one a missing capability",
        arguments: [
            (#"{"errors":["permission denied"]}"#, true),
            (#"{"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]}"#, true),
            (#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#, false),
            ("<html>forbidden</html>", false),
        ])
    func badToken(_ body: String, _ expected: Bool) {
        #expect(response(403, body).suggestsBadToken == expected)
    }

    private func outcome(_ test: Case) throws -> VaultOutcome {
        response(test.status, test.body).outcome(of: test.method, try VaultPath(test.path))
    }

    private func response(_ status: Int, _ body: String) -> VaultResponse {
        VaultResponse(status: status, data: Data(body.utf8)) { _ in nil }
    }
}
