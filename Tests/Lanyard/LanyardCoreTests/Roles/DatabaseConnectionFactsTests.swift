import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("DatabaseConnectionFacts")
struct DatabaseConnectionFactsTests {
    @Test(
        "a role is allowed by its name or by an entry with wildcards",
        arguments: [
            (["app"], "app", true), (["app"], "App", false), (["app"], "app2", false),
            (["lanyard.*"], "lanyard.x", true),
            (["lanyard.*"], "lanyard", false), (["*"], "any", true), ([], "any", false), ("a, app", "app", true),
            (["*-ro"], "web-ro", true), (["a*c*e"], "abcde", true), (["a*c*e"], "ace", true), (["a*a"], "a", false),
            (["a*b*b"], "ab", false), (["**"], "x", true), (.null, "x", false), ([5, "*"], "x", false),
            (["lany*rw"], "lanyard-rwx", false), (["a*bb*c"], "abc", false),
        ] as [(JSONValue, String, Bool)])
    func allows(entries: JSONValue, name: String, expected: Bool) {
        #expect(DatabaseConnectionFacts(reading: ["allowed_roles": entries]).allows(name) == expected)
    }

    @Test("an answer without the field allows nothing")
    func missing() {
        #expect(DatabaseConnectionFacts(reading: [:]).allowedRoles.isEmpty)
        #expect(DatabaseConnectionFacts(reading: "x").allowedRoles.isEmpty)
    }
}
