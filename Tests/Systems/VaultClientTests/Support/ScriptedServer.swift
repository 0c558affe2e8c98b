import KubernetesModel
import Synchronization

@testable import VaultClient

/// A server as a closure: logs everybody in with tokens `token-1`, `token-2`…, and records what it was sent.
final class ScriptedServer: VaultTransport {
    typealias Handler = @Sendable (VaultRequest) async throws(VaultError) -> VaultResponse

    private struct State {
        var requests: [VaultRequest] = []
        var logins = 0
        var isShutDown = false
        var regardless: [VaultRequest] = []
    }

    private let state = Mutex(State())
    private let lease: Int64
    private let policies: [String]
    private let handler: Handler
    private let loginGate: Gate?

    /// - Parameters:
    ///   - lease: seconds; 0 = tokens do not expire.
    ///   - policies: of every token.
    ///   - loginGate: logins wait here.
    ///   - handler: answers everything but logins.
    init(
        lease: Int64 = 3600, policies: [String] = [], loginGate: Gate? = nil,
        handler: @escaping Handler = { _ in .data(["value": "x"]) }
    ) {
        self.lease = lease
        self.policies = policies
        self.loginGate = loginGate
        self.handler = handler
    }

    var requests: [VaultRequest] { state.withLock { $0.requests } }
    var loginCount: Int { state.withLock { $0.logins } }
    var isShutDown: Bool { state.withLock { $0.isShutDown } }

    /// Method and path of everything but logins, in order.
    var calls: [String] {
        requests.filter { $0.path.segments.last != "login" }
            .map { "\($0.method.rawValue) \($0.path.segments.joined(separator: "/"))" }
    }

    func send(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        state.withLock { $0.requests.append(request) }
        guard request.path.segments.last == "login" else { return try await handler(request) }
        let number = state.withLock { state in
            state.logins += 1
            return state.logins
        }
        await loginGate?.pass()
        return .token("token-\(number)", lease: lease, policies: policies)
    }

    /// What was sent whatever became of the task.
    var regardless: [VaultRequest] { state.withLock { $0.regardless } }

    func sendRegardless(_ request: VaultRequest, timeout: Duration) async throws(VaultError) -> VaultResponse {
        state.withLock { $0.regardless.append(request) }
        return try await send(request, timeout: timeout)
    }

    func shutDown() async {
        state.withLock { $0.isShutDown = true }
    }
}

extension VaultResponse {
    /// 200 with data.
    static func data(_ data: JSONValue) -> VaultResponse {
        VaultResponse(status: 200, body: .envelope(VaultEnvelope(data: data)))
    }

    /// 200 with a token.
    static func token(
        _ token: String, lease: Int64, renewable: Bool = true, policies: [String] = []
    ) -> VaultResponse {
        var envelope = VaultEnvelope()
        envelope.auth = VaultAuthentication(
            clientToken: token, leaseDuration: lease, renewable: renewable, policies: policies)
        return VaultResponse(status: 200, body: .envelope(envelope))
    }

    /// An error of the API.
    static func errors(_ status: Int, _ errors: String...) -> VaultResponse {
        VaultResponse(status: status, body: .envelope(VaultEnvelope(errors: errors)))
    }

    /// What a bad token is answered.
    static let badToken = errors(403, "permission denied")
    /// What a good token without the capability is answered.
    static let noCapability = errors(403, "1 error occurred:\n\t* permission denied\n\n")
}
