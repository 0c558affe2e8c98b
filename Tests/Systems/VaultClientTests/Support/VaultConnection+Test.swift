import FoundationEssentials
import KubernetesModel
import Logging

@testable import VaultClient

/// Makes connections for tests.
enum TestConnection {
    /// A file with a ServiceAccount token, which is never what the tests look at: one for all.
    static func tokenFile() throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "lanyard-test-token")
        try Data("the.service.account\n".utf8).write(to: file, options: .atomic)
        return file.path
    }

    /// A connection that logs in with a JWT-SVID.
    static func make(_ server: any VaultTransport, jwtSource: (any JWTSource)?) -> VaultConnection {
        let configuration = VaultConnectionConfiguration(
            address: "http://127.0.0.1:8200",
            authentication: .jwtSVID(mount: "jwt", role: "lanyard", audience: "vault.test"))
        return VaultConnection(
            configuration, transport: server, jwtSource: jwtSource, clock: ManualClock(),
            logger: Logger(label: "test"), fence: { .seconds(60) })
    }

    /// A connection that logs in with the Kubernetes method.
    static func make(
        _ server: any VaultTransport, clock: any RuntimeClock = ManualClock(), maxConcurrentRequests: Int = 16,
        tokenFile: String? = nil, fence: @escaping @Sendable () -> Duration? = { .seconds(60) },
        onForgotten: @escaping @Sendable () -> Void = {}
    ) throws -> VaultConnection {
        let authentication = VaultConnectionConfiguration.Authentication.kubernetes(
            mount: "kubernetes", role: "lanyard", tokenFile: try tokenFile ?? self.tokenFile())
        let configuration = VaultConnectionConfiguration(
            address: "http://127.0.0.1:8200", authentication: authentication,
            maxConcurrentRequests: maxConcurrentRequests)
        return VaultConnection(
            configuration, transport: server, clock: clock, logger: Logger(label: "test"), fence: fence,
            onForgotten: onForgotten)
    }
}
