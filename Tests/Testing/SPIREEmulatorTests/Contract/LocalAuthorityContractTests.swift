import GRPCCore
import SPIREClient
import SPIREEmulator
import Testing

@Suite("LocalAuthority")
struct LocalAuthorityContractTests {
    /// What signs, in both of its kinds behind the same words.
    private struct Kind: Sendable {
        typealias State = Spire_Api_Server_Localauthority_V1_AuthorityState

        let states: @Sendable () async throws -> (active: State, prepared: State?, old: State?)
        let prepare: @Sendable () async throws -> State
        let activate: @Sendable (String) async throws -> State
        let taint: @Sendable (String) async throws -> State
        let revoke: @Sendable (String) async throws -> State

        static func jwt(_ server: ContractServer) -> Kind {
            let authorities = server.authorities
            return Kind(
                states: {
                    let answer = try await authorities.getJWTAuthorityState(.init())
                    return (
                        answer.active, answer.hasPrepared ? answer.prepared : nil, answer.hasOld ? answer.old : nil
                    )
                },
                prepare: { try await authorities.prepareJWTAuthority(.init()).preparedAuthority },
                activate: { id in
                    var request = Spire_Api_Server_Localauthority_V1_ActivateJWTAuthorityRequest()
                    request.authorityID = id
                    return try await authorities.activateJWTAuthority(request).activatedAuthority
                },
                taint: { id in
                    var request = Spire_Api_Server_Localauthority_V1_TaintJWTAuthorityRequest()
                    request.authorityID = id
                    return try await authorities.taintJWTAuthority(request).taintedAuthority
                },
                revoke: { id in
                    var request = Spire_Api_Server_Localauthority_V1_RevokeJWTAuthorityRequest()
                    request.authorityID = id
                    return try await authorities.revokeJWTAuthority(request).revokedAuthority
                })
        }

        static func x509(_ server: ContractServer) -> Kind {
            let authorities = server.authorities
            return Kind(
                states: {
                    let answer = try await authorities.getX509AuthorityState(.init())
                    return (
                        answer.active, answer.hasPrepared ? answer.prepared : nil, answer.hasOld ? answer.old : nil
                    )
                },
                prepare: { try await authorities.prepareX509Authority(.init()).preparedAuthority },
                activate: { id in
                    var request = Spire_Api_Server_Localauthority_V1_ActivateX509AuthorityRequest()
                    request.authorityID = id
                    return try await authorities.activateX509Authority(request).activatedAuthority
                },
                taint: { id in
                    var request = Spire_Api_Server_Localauthority_V1_TaintX509AuthorityRequest()
                    request.authorityID = id
                    return try await authorities.taintX509Authority(request).taintedAuthority
                },
                revoke: { id in
                    var request = Spire_Api_Server_Localauthority_V1_RevokeX509AuthorityRequest()
                    request.authorityID = id
                    return try await authorities.revokeX509Authority(request).revokedAuthority
                })
        }
    }

    /// The JWT keys of the bundle, and whether they are tainted.
    private func keys(_ server: ContractServer) async throws -> [String: Bool] {
        let bundle = try await server.bundle.getBundle(.init())
        return Dictionary(bundle.jwtAuthorities.map { ($0.keyID, $0.tainted) }) { first, _ in first }
    }

    /// How many X.509 authorities the bundle has, and how many of them are tainted.
    private func certificates(_ server: ContractServer) async throws -> [Int] {
        let bundle = try await server.bundle.getBundle(.init())
        return [bundle.x509Authorities.count, bundle.x509Authorities.count { $0.tainted }]
    }

    @Test("one of each kind signs, and only what is prepared or old can be changed", arguments: [true, false])
    func flaws(_ isJWT: Bool) async throws {
        try await ContractServer.with { server in
            let kind = isJWT ? Kind.jwt(server) : Kind.x509(server)
            let active = try await kind.states().active
            #expect(!active.authorityID.isEmpty && active.expiresAt > 0)
            for id in ["", "nobody", active.authorityID] {
                for step in [kind.activate, kind.taint, kind.revoke] {
                    try await ContractServer.expect(.invalidArgument) { try await step(id) }
                }
            }
            #expect(try await kind.states().active == active)
        }
    }

    @Test(
        "a JWT key is in the bundle when it is prepared, signs when it is activated, and goes when it is revoked",
        .ownServer)
    func jwt() async throws {
        try await ContractServer.with { server in
            let kind = Kind.jwt(server)
            let first = try await kind.states().active.authorityID
            let stray = try await kind.prepare().authorityID
            let second = try await kind.prepare().authorityID
            // The one that was prepared before has lost its place, and is believed all the same.
            #expect(Set(try await keys(server).keys).isSuperset(of: [first, stray, second]))
            #expect(try await kind.states().prepared?.authorityID == second)
            try await ContractServer.expect(.invalidArgument) { try await kind.activate(stray) }
            try await ContractServer.expect(.invalidArgument) { try await kind.taint(second) }
            try await ContractServer.expect(.invalidArgument) { try await kind.revoke(second) }
            #expect(try await kind.activate(second).authorityID == second)
            let states = try await kind.states()
            #expect(states.active.authorityID == second)
            #expect(states.old?.authorityID == first)
            #expect(states.prepared == nil)

            try await ContractServer.expect(.internalError) { try await kind.activate(first) }
            try await ContractServer.expect(.internalError) { try await kind.revoke(first) }
            // Only the place can be tainted, so a stray key stays until it expires.
            try await ContractServer.expect(.internalError) { try await kind.revoke(stray) }
            try await ContractServer.expect(.invalidArgument) { try await kind.taint(stray) }
            #expect(try await kind.taint(first).authorityID == first)
            #expect(try await keys(server)[first] == true)
            try await ContractServer.expect(.internalError) { try await kind.taint(first) }
            #expect(try await kind.revoke(first).authorityID == first)
            #expect(try await keys(server)[first] == nil)
            #expect(try await keys(server)[second] == false)
            #expect(try await kind.states().old?.authorityID == first)
            try await ContractServer.expect(.internalError) { try await kind.revoke(first) }
        }
    }

    @Test("an X.509 authority is tainted before it can be revoked, and only when it is the one before", .ownServer)
    func x509() async throws {
        try await ContractServer.with { server in
            let kind = Kind.x509(server)
            let first = try await kind.states().active.authorityID
            let before = try await certificates(server)[0]
            let sequence = try await server.bundle.getBundle(.init()).sequenceNumber
            let second = try await kind.prepare().authorityID
            #expect(try await certificates(server) == [before + 1, 0])
            try await ContractServer.expect(.invalidArgument) { try await kind.taint(second) }
            #expect(try await kind.activate(second).authorityID == second)
            #expect(try await kind.states().old?.authorityID == first)
            // What signs is not told to those who verify.
            #expect(try await server.bundle.getBundle(.init()).sequenceNumber == sequence + 1)
            try await ContractServer.expect(.internalError) { try await kind.revoke(first) }
            #expect(try await kind.taint(first).authorityID == first)
            #expect(try await certificates(server) == [before + 1, 1])
            try await ContractServer.expect(.internalError) { try await kind.taint(first) }
            #expect(try await kind.revoke(first).authorityID == first)
            #expect(try await certificates(server) == [before, 0])
            #expect(try await server.bundle.getBundle(.init()).sequenceNumber == sequence + 3)
        }
    }
}
