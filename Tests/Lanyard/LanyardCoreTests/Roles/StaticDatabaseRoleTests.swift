import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("StaticDatabaseRole")
struct StaticDatabaseRoleTests {
    private static let role = StaticDatabaseRole(
        connection: "pg", username: "app", rotationPeriod: 3600,
        rotation: ["ALTER USER \"{{name}}\" WITH PASSWORD '{{password}}';"])

    private static let stored: JSONValue = [
        "db_name": "pg", "username": "app", "rotation_period": 3600,
        "rotation_statements": ["ALTER USER \"{{name}}\" WITH PASSWORD '{{password}}';"],
        "credential_type": "password", "last_vault_rotation": "2026-01-01T00:00:00Z",
    ]

    private static func differences(_ field: String, _ value: JSONValue?) -> [FieldDifference] {
        var data = stored
        data[field] = value
        return role.differences(from: data)
    }

    @Test("the body has every managed field, the user too, which every update must name")
    func body() {
        #expect(
            Self.role.body == [
                "db_name": "pg", "username": "app", "rotation_period": 3600, "credential_type": "password",
                "rotation_statements": ["ALTER USER \"{{name}}\" WITH PASSWORD '{{password}}';"],
            ])
    }

    @Test("what was written does not differ, whenever it was rotated last")
    func same() {
        #expect(Self.role.differences(from: Self.stored).isEmpty)
        #expect(Self.differences("last_vault_rotation", "2027-01-01T00:00:00Z").isEmpty)
    }

    @Test("a period or a statement that was changed is put back by a write", arguments: [true, false])
    func changeable(isDrift: Bool) {
        for (field, value) in [("rotation_period", 60), ("rotation_statements", ["SELECT 1"])] as [(String, JSONValue)]
        {
            let differences = Self.differences(field, value)
            #expect(differences.map(\.field) == [field])
            #expect(Self.role.unchangeable(among: differences, isDrift: isDrift).isEmpty)
        }
    }

    @Test("no write changes the user")
    func user() {
        let differences = Self.differences("username", "other")
        #expect(Self.role.unchangeable(among: differences, isDrift: true) == differences)
        #expect(Self.role.unchangeable(among: differences, isDrift: false) == differences)
    }

    @Test("the connection is not moved, but put back")
    func connection() {
        let differences = Self.differences("db_name", "other")
        #expect(Self.role.unchangeable(among: differences, isDrift: true).isEmpty)
        #expect(Self.role.unchangeable(among: differences, isDrift: false) == differences)
        let dynamic = DynamicDatabaseRole(connection: "pg", creation: ["CREATE"])
        let moved = [FieldDifference(field: "db_name", summary: "x")]
        #expect(dynamic.unchangeable(among: moved, isDrift: true).isEmpty)
        #expect(dynamic.unchangeable(among: moved, isDrift: false) == moved)
    }
}
