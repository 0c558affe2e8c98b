import KubernetesModel
import Subprocess
import Testing

extension Bao {
    /// Makes a user in the database, as somebody would who has an application to run, and returns its name.
    func makeDatabaseUser(named role: String) async throws -> String {
        try await write(
            "database/roles/\(role)",
            [
                "db_name": "temporal-postgres", "default_ttl": "1h",
                "creation_statements": [
                    "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
                ],
            ])
        let credentials = try await read("database/creds/\(role)")
        return try #require(credentials?["username"]?.string)
    }

    /// Runs with such a user, and takes away at the end the role that made it.
    func withDatabaseUser<Result>(
        named role: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        try await clearing {
            try await delete("database/roles/\(role)")
        } after: {
            try await body(try await makeDatabaseUser(named: role))
        }
    }

    /// Runs while the operator may do this at one path and nothing else, whatever wider patterns of its policy say.
    func limitingOperator<Result>(
        to capabilities: [String], at path: String, _ body: () async throws -> Result
    ) async throws -> Result {
        let policy = "sys/policies/acl/lanyard-operator"
        let text = try #require(try await read(policy)?["policy"]?.string)
        let names = capabilities.map { "\"\($0)\"" }.joined(separator: ", ")
        return try await clearing {
            try await write(policy, ["policy": .string(text)])
        } after: {
            try await write(policy, ["policy": .string("\(text)\npath \"\(path)\" { capabilities = [\(names)] }\n")])
            return try await body()
        }
    }

    /// Gives the server a quota of requests in a second, or takes it away.
    func limitRate(to rate: Int?) async throws {
        let path = "sys/quotas/rate-limit/it-turmoil"
        guard let rate else {
            // The quota concerns its administrator, too.
            return try await eventually("the quota is gone") {
                do {
                    try await delete(path)
                    return nil
                } catch is Refused {
                    return "limited"
                }
            }
        }
        try await write(path, ["rate": .integer(Int64(rate))])
    }

    /// Lets the node give up its leadership and waits until it has it again.
    func stepDown() async throws {
        try await write("sys/step-down", [:])
        try await waitUntilActive()
    }

    /// Stops and starts the server; the script unseals it.
    func restart() async throws {
        let result = try await Subprocess.run(
            .name("bash"), arguments: Arguments(["\(TestEnvironment.repository)/hack/env", "restart", "bao"]),
            output: .string(limit: 65_536), error: .string(limit: 65_536))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        try await waitUntilActive()
    }
}
