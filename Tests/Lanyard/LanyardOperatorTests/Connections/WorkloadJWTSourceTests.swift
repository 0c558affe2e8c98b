import LanyardAPI
import SPIREClient
import Testing
import VaultClient

@testable import LanyardOperator

@Suite("WorkloadJWTSource")
struct WorkloadJWTSourceTests {
    /// Answers for one audience alone.
    private struct Agent: JWTSVIDSource {
        var failure: SPIREError?

        func jwtSVID(audience: String) async throws(SPIREError) -> JWTSVID {
            if let failure { throw failure }
            guard let id = try? SPIFFEID("spiffe://example.org/lanyard") else {
                throw SPIREError(.malformedAnswer, "no SPIFFE ID")
            }
            return JWTSVID(spiffeID: id, token: "token for \(audience)", expiresAt: 9)
        }
    }

    @Test("gives the token for the audience that was asked for")
    func token() async throws {
        #expect(try await WorkloadJWTSource(Agent()).token(audience: "bao") == "token for bao")
    }

    @Test(
        "an agent that is away is no refusal, and a cancelled caller neither",
        arguments: [
            (SPIREError.Code.unavailable, VaultError.Code.unavailable), (.cancelled, .cancelled),
            (.permissionDenied, .loginFailed), (.invalidArgument, .loginFailed), (.malformedAnswer, .loginFailed),
            (.serverError, .loginFailed),
        ])
    func failure(code: SPIREError.Code, expected: VaultError.Code) async {
        let source = WorkloadJWTSource(Agent(failure: SPIREError(code, "because")))
        do throws(VaultError) {
            _ = try await source.token(audience: "vault")
            Issue.record("a token was given")
        } catch {
            #expect(error.code == expected)
            #expect(error.message.contains("because"))
        }
    }
}
