import KubernetesModel
import LanyardAPI
import Testing

@testable import LanyardCore

@Suite("HoldingLimit")
struct HoldingLimitTests {
    /// As much as a valid spec can want.
    private static func largest() throws -> DesiredAccess {
        let binding = VaultRoleBinding.sample { spec in
            spec.serviceAccountNames = nil
            spec.workloadIdentityRef = .init(name: "web")
            spec.jwtAuth = .init(audiences: ["vault"])
            spec.databaseRoles = (0..<BindingPaths.roleLimit).map { number in
                var role = DatabaseRole(name: "r\(number)")
                role.connection = "postgres"
                role.static = .init(username: "user-\(number)", rotationPeriod: "1h")
                return role
            }
        }
        return try BindingPlanner.desired(
            for: binding,
            subject: .identity(serviceAccount: "web", spiffeID: SPIFFEID("spiffe://neural-hive.local/ns/shop/sa/web")),
            settings: .sample()
        ).get()
    }

    private static func former(_ count: Int) -> [String] { (0..<count).map { "auth/kubernetes/role/former-\($0)" } }

    @Test("any spec takes the place of any other once, and has a part of it already")
    func rename() throws {
        let access = try Self.largest()
        #expect(access.claimPaths.count == HoldingLimit.limit)
        // As many claims as the schema lets a record have.
        #expect(2 * HoldingLimit.limit < 1_024)
        for held in [[], access.claimPaths] {
            let all = held + Self.former(HoldingLimit.limit)
            #expect(HoldingLimit.refusal(of: access, holding: all, lookups: [:]) == nil)
            #expect(
                HoldingLimit.refusal(of: access, holding: all + ["auth/kubernetes/role/one-more"], lookups: [:]) != nil)
        }
    }

    @Test("it says how much there is, what fails as far as that is known, and what to do")
    func message() throws {
        let access = try Self.largest()
        let held = Self.former(HoldingLimit.limit + 7)
        let failing = try #require(access.jwtRole).path
        func message(_ lookups: [String: ObjectLookup]) throws -> String {
            try #require(HoldingLimit.refusal(of: access, holding: held, lookups: lookups))
        }
        let told = try message([failing: .failed(.fails(.mountMissing, "jwt is not mounted"))])
        #expect(told.contains("\(HoldingLimit.limit + 7) objects of earlier specs"))
        #expect(told.contains("fails (jwt is not mounted). ") && told.contains("put back the names"))
        #expect(try message([failing: .found(nil)]).contains("fails. "))
    }
}
