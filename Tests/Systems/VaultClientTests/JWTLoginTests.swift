import KubernetesModel
import Synchronization
import Testing

@testable import VaultClient

@Suite("Login with a JWT-SVID", .timeLimit(.minutes(1)))
struct JWTLoginTests {
    /// Gives `svid-1`, `svid-2`…, or fails.
    private final class Source: JWTSource {
        private let count = Mutex(0)
        private let failure: VaultError?

        init(failure: VaultError? = nil) { self.failure = failure }

        func token(audience: String) async throws(VaultError) -> String {
            if let failure { throw failure }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return "svid-\(number) for \(audience)"
        }
    }

    @Test("each login has an SVID of its own for the configured audience, at the configured mount and role")
    func login() async throws {
        let server = ScriptedServer { request in request.token == "token-1" ? .badToken : .data([:]) }
        let connection = TestConnection.make(server, jwtSource: Source())
        _ = try await connection.read("a/b")
        let logins = server.requests.filter { $0.path.segments.last == "login" }
        #expect(logins.map { $0.path.segments.joined(separator: "/") } == ["auth/jwt/login", "auth/jwt/login"])
        #expect(
            logins.map(\.body) == [
                ["role": "lanyard", "jwt": "svid-1 for vault.test"],
                ["role": "lanyard", "jwt": "svid-2 for vault.test"],
            ])
        #expect(logins.allSatisfy { $0.token == nil })
    }

    @Test("the policies of every token of ours are known from its login on")
    func ownPolicies() async throws {
        let server = ScriptedServer(policies: ["lanyard-op", "default"])
        let connection = TestConnection.make(server, jwtSource: Source())
        #expect(connection.ownPolicies == [])
        _ = try await connection.read("a/b")
        #expect(connection.ownPolicies == ["lanyard-op", "default"])
    }

    @Test("without an SVID there is no login, and the reason is the source's")
    func noSVID() async throws {
        let server = ScriptedServer()
        let connection = TestConnection.make(
            server, jwtSource: Source(failure: VaultError(.unavailable, "the Workload API does not answer")))
        await #expect(throws: VaultError(.unavailable, "the Workload API does not answer")) {
            _ = try await connection.read("a/b")
        }
        #expect(server.requests.isEmpty)
    }

    @Test("without a source a login with an SVID is refused")
    func noSource() async throws {
        let connection = TestConnection.make(ScriptedServer(), jwtSource: nil)
        #expect(await code { _ = try await connection.read("a/b") } == .loginFailed)
    }
}
