import KubernetesModel
import LanyardCore
import Testing
import VaultClient

/// Generated policies on a real OpenBao: they are read back as they were meant, and they grant what was meant.
///
/// What was meant is said to the server a second time, as JSON, whose strings have none of HCL's traps.
@Suite("Policies on OpenBao", .enabled(if: OpenBao.isNamed), .serialized)
struct PolicyRightsTests {
    private static let rounds = 150

    @Test("any rules that are rendered and written come back the same, and grant the same rights as their JSON form")
    func rights() async throws {
        try await OpenBao.run { server in
            let names = ["hcl", "json"].map { "rights-\($0)-\(UInt32.random(in: 0...UInt32.max))" }
            var tokens: [String] = []
            for name in names {
                try await server.connection.write("sys/policies/acl/\(name)", ["policy": "{}"])
                let answer = try await server.post(
                    "auth/token/create",
                    ["policies": [.string(name)], "no_default_policy": true, "ttl": "10m", "type": "service"])
                tokens.append(try #require(answer.auth?.clientToken))
            }
            var generator = PolicyGenerator(seed: 42)
            var granted = 0
            for round in 0..<Self.rounds {
                granted += try await check(generator.document(), names, tokens, &generator, server, round)
            }
            // The comparison is not of nothing with nothing.
            #expect(granted > Self.rounds)
            for name in names { try await server.connection.delete("sys/policies/acl/\(name)") }
        }
    }

    /// Compares; returns on how many paths something was granted.
    private func check(
        _ document: PolicyDocument, _ names: [String], _ tokens: [String], _ generator: inout PolicyGenerator,
        _ server: OpenBao, _ round: Int
    ) async throws -> Int {
        let policy = VaultPolicy(document: document, comment: "Managed by Lanyard")
        let path = "sys/policies/acl/\(names[0])"
        try await server.connection.write(path, policy.body)
        let read = try #require(try await server.connection.read(path))
        #expect(policy.differences(from: read).isEmpty, "round \(round): \(policy.text)")
        let text = try #require(read["policy"]?.string)
        #expect(try PolicyDocument(parsing: text) == document, "round \(round): \(text)")
        let json = try JSON.encode(PolicyGenerator.json(of: document))
        try await server.connection.write(
            "sys/policies/acl/\(names[1])", ["policy": .string(String(decoding: json, as: UTF8.self))])
        let paths = generator.paths(near: document)
        var answers: [[String: JSONValue]] = []
        for token in tokens {
            let body: JSONValue = ["token": .string(token), "paths": .array(paths.map(JSONValue.string))]
            let data = try #require(try await server.post("sys/capabilities", body).data)
            answers.append(Dictionary(uniqueKeysWithValues: paths.map { ($0, data[$0] ?? .null) }))
        }
        for path in paths {
            #expect(answers[0][path] == answers[1][path], "round \(round), \(path): \(policy.text)")
        }
        return answers[0].values.count { $0 != ["deny"] && $0 != .null }
    }
}
