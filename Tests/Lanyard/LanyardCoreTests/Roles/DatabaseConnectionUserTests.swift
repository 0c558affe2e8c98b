import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("DatabaseConnectionFacts, users")
struct DatabaseConnectionUserTests {
    private static func facts(_ details: JSONValue) -> DatabaseConnectionFacts {
        DatabaseConnectionFacts(reading: ["allowed_roles": ["*"], "connection_details": details])
    }

    @Test(
        "the connection's own user is refused, wherever it stands and however it is written (threat T16)",
        arguments: [
            ["username": "admin", "connection_url": "postgresql://{{username}}:{{password}}@db/x"],
            ["username": "ADMIN"], ["connection_url": "postgresql://admin:xxxxx@db:5432/x?sslmode=require"],
            ["connection_url": "postgresql://%61dmin@db/x"], ["connection_url": "admin:xxxxx@tcp(127.0.0.1:3306)/"],
            ["connection_url": "host=db user=admin password=xxxxx"],
            ["connection_url": "sqlserver://db:1433;user id=admin;password=xxxxx"],
            ["username": "other", "connection_url": "postgresql://admin:xxxxx@db/x"],
        ] as [JSONValue])
    func own(details: JSONValue) {
        #expect(Self.facts(details).obstacle(toManaging: "admin") == "logs in with that user itself")
        #expect(Self.facts(details).obstacle(toManaging: "app") == nil)
    }

    @Test(
        "a connection that does not tell its user allows none",
        arguments: [[:], ["username": ""], ["username": 5], ["connection_url": "postgresql://{{username}}@db/x"]]
            as [JSONValue])
    func untold(details: JSONValue) {
        #expect(Self.facts(details).obstacle(toManaging: "app") == "does not tell which user it logs in with")
    }
}
