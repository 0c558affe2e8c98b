import ArgumentParser
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SPIREClient
import SPIREEmulator

/// `spire-emulator rotate`: rotates what a server signs with, a real one or an emulator.
struct RotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Rotate what any SPIRE server signs with.",
        discussion: """
            A new authority of X.509-SVIDs is prepared, so that everybody learns of it, then activated. The one before it is \
            tainted, so that everybody replaces what it has signed, and at last revoked. A JWT key is prepared and \
            activated in one go, and the one before it tainted and revoked in one go.
            """)

    /// One step.
    enum Step: String, ExpressibleByArgument, CaseIterable {
        case x509Prepare = "x509-prepare"
        case x509Activate = "x509-activate"
        case x509Taint = "x509-taint"
        case x509Revoke = "x509-revoke"
        case jwt
        case jwtRevoke = "jwt-revoke"
    }

    private typealias Authorities = Spire_Api_Server_Localauthority_V1_LocalAuthority.Client<
        HTTP2ClientTransport.Posix
    >

    @Option(help: "Path of the server's socket.")
    var socket: String

    @Argument(help: "x509-prepare, x509-activate, x509-taint, x509-revoke, jwt or jwt-revoke.")
    var step: Step

    func run() async throws {
        let step = step
        let id = try await withGRPCClient(
            transport: .http2NIOPosix(
                target: .unixDomainSocket(path: socket, authority: "localhost"), transportSecurity: .plaintext)
        ) { client in
            try await Self.take(step, Authorities(wrapping: client))
        }
        print("authority \(id)")
    }

    /// - Returns: the ID of the authority that was changed.
    private static func take(_ step: Step, _ authorities: Authorities) async throws -> String {
        switch step {
        case .x509Prepare:
            return try await authorities.prepareX509Authority(.init()).preparedAuthority.authorityID
        case .x509Activate:
            let id = try await authorities.getX509AuthorityState(.init()).prepared.authorityID
            return try await authorities.activateX509Authority(.init(of: id)).activatedAuthority
                .authorityID
        case .x509Taint:
            let id = try await authorities.getX509AuthorityState(.init()).old.authorityID
            return try await authorities.taintX509Authority(.init(of: id)).taintedAuthority.authorityID
        case .x509Revoke:
            let id = try await authorities.getX509AuthorityState(.init()).old.authorityID
            return try await authorities.revokeX509Authority(.init(of: id)).revokedAuthority.authorityID
        case .jwt:
            let id = try await authorities.prepareJWTAuthority(.init()).preparedAuthority.authorityID
            return try await authorities.activateJWTAuthority(.init(of: id)).activatedAuthority
                .authorityID
        case .jwtRevoke:
            let id = try await authorities.getJWTAuthorityState(.init()).old.authorityID
            _ = try await authorities.taintJWTAuthority(.init(of: id))
            return try await authorities.revokeJWTAuthority(.init(of: id)).revokedAuthority.authorityID
        }
    }
}

/// A request that names an authority.
private protocol AuthorityRequest {
    init()
    var authorityID: String { get set }
}

extension AuthorityRequest {
    fileprivate init(of id: String) {
        self.init()
        authorityID = id
    }
}

extension Spire_Api_Server_Localauthority_V1_ActivateX509AuthorityRequest: AuthorityRequest {}
extension Spire_Api_Server_Localauthority_V1_TaintX509AuthorityRequest: AuthorityRequest {}
extension Spire_Api_Server_Localauthority_V1_RevokeX509AuthorityRequest: AuthorityRequest {}
extension Spire_Api_Server_Localauthority_V1_ActivateJWTAuthorityRequest: AuthorityRequest {}
extension Spire_Api_Server_Localauthority_V1_TaintJWTAuthorityRequest: AuthorityRequest {}
extension Spire_Api_Server_Localauthority_V1_RevokeJWTAuthorityRequest: AuthorityRequest {}
