import GRPCCore

/// The LocalAuthority service: what the server signs with is rotated as the administrator of a real one does it.
struct LocalAuthorityService: Spire_Api_Server_Localauthority_V1_LocalAuthority.SimpleServiceProtocol {
    let state: EmulatorState

    // MARK: JWT keys

    func getJWTAuthorityState(
        request: Spire_Api_Server_Localauthority_V1_GetJWTAuthorityStateRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_GetJWTAuthorityStateResponse {
        let (active, prepared, old) = try answer("GetJWTAuthorityState") { try $0.withAuthority { $0.jwt.described } }
        var response = Spire_Api_Server_Localauthority_V1_GetJWTAuthorityStateResponse()
        response.active = active
        if let prepared { response.prepared = prepared }
        if let old { response.old = old }
        return response
    }

    func prepareJWTAuthority(
        request: Spire_Api_Server_Localauthority_V1_PrepareJWTAuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_PrepareJWTAuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_PrepareJWTAuthorityResponse()
        response.preparedAuthority = try answer("PrepareJWTAuthority") { state in
            let now = state.now()
            return try state.changeAuthority { authority in
                authority.prepareJWT(now: now)
                return authority.jwt.described.prepared ?? .init()
            }
        }
        return response
    }

    func activateJWTAuthority(
        request: Spire_Api_Server_Localauthority_V1_ActivateJWTAuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_ActivateJWTAuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_ActivateJWTAuthorityResponse()
        response.activatedAuthority = try takeJWT("ActivateJWTAuthority", .activate, request.authorityID)
        return response
    }

    func taintJWTAuthority(
        request: Spire_Api_Server_Localauthority_V1_TaintJWTAuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_TaintJWTAuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_TaintJWTAuthorityResponse()
        response.taintedAuthority = try takeJWT("TaintJWTAuthority", .taint, request.authorityID)
        return response
    }

    func revokeJWTAuthority(
        request: Spire_Api_Server_Localauthority_V1_RevokeJWTAuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_RevokeJWTAuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_RevokeJWTAuthorityResponse()
        response.revokedAuthority = try takeJWT("RevokeJWTAuthority", .revoke, request.authorityID)
        return response
    }

    // MARK: X.509 authorities

    func getX509AuthorityState(
        request: Spire_Api_Server_Localauthority_V1_GetX509AuthorityStateRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_GetX509AuthorityStateResponse {
        let (active, prepared, old) = try answer("GetX509AuthorityState") { try $0.withAuthority { $0.x509.described } }
        var response = Spire_Api_Server_Localauthority_V1_GetX509AuthorityStateResponse()
        response.active = active
        if let prepared { response.prepared = prepared }
        if let old { response.old = old }
        return response
    }

    func prepareX509Authority(
        request: Spire_Api_Server_Localauthority_V1_PrepareX509AuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_PrepareX509AuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_PrepareX509AuthorityResponse()
        response.preparedAuthority = try answer("PrepareX509Authority") { state in
            let now = state.now()
            return try state.changeAuthority { authority in
                try authority.prepareX509(now: now)
                return authority.x509.described.prepared ?? .init()
            }
        }
        return response
    }

    func activateX509Authority(
        request: Spire_Api_Server_Localauthority_V1_ActivateX509AuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_ActivateX509AuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_ActivateX509AuthorityResponse()
        response.activatedAuthority = try takeX509("ActivateX509Authority", .activate, request.authorityID)
        return response
    }

    func taintX509Authority(
        request: Spire_Api_Server_Localauthority_V1_TaintX509AuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_TaintX509AuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_TaintX509AuthorityResponse()
        response.taintedAuthority = try takeX509("TaintX509Authority", .taint, request.authorityID)
        return response
    }

    func revokeX509Authority(
        request: Spire_Api_Server_Localauthority_V1_RevokeX509AuthorityRequest, context: ServerContext
    ) async throws -> Spire_Api_Server_Localauthority_V1_RevokeX509AuthorityResponse {
        var response = Spire_Api_Server_Localauthority_V1_RevokeX509AuthorityResponse()
        response.revokedAuthority = try takeX509("RevokeX509Authority", .revoke, request.authorityID)
        return response
    }

    // MARK: What the methods have in common

    private func takeJWT(
        _ method: String, _ step: AuthorityStep, _ id: String
    ) throws -> Spire_Api_Server_Localauthority_V1_AuthorityState {
        try answer(method, id) { state in
            try state.changeAuthority { authority in
                try authority.takeJWT(step, id)
                return authority.jwt.described(id)
            }
        }
    }

    private func takeX509(
        _ method: String, _ step: AuthorityStep, _ id: String
    ) throws -> Spire_Api_Server_Localauthority_V1_AuthorityState {
        try answer(method, id) { state in
            try state.changeAuthority { authority in
                try authority.takeX509(step, id)
                return authority.x509.described(id)
            }
        }
    }

    private func answer<Value>(
        _ method: String, _ id: String? = nil, _ body: (EmulatorState) throws -> Value
    ) throws(RPCError) -> Value {
        try state.answer(method, ids: id.map { [$0] } ?? []) { () throws(CallFailure) -> Value in
            do {
                return try body(state)
            } catch let failure as CallFailure {
                throw failure
            } catch {
                throw .internalError("the authorities cannot be changed")
            }
        }
    }
}

extension LocalAuthorities {
    /// What is in the two places.
    fileprivate var described:
        (
            active: Spire_Api_Server_Localauthority_V1_AuthorityState,
            prepared: Spire_Api_Server_Localauthority_V1_AuthorityState?,
            old: Spire_Api_Server_Localauthority_V1_AuthorityState?
        )
    {
        let other = other.map { (status: $0.status, state: described($0.id)) }
        return (
            described(active?.authorityID ?? ""), other?.status == .prepared ? other?.state : nil,
            other?.status == .old ? other?.state : nil
        )
    }

    /// One of them; one that is revoked has just its ID.
    fileprivate func described(_ id: String) -> Spire_Api_Server_Localauthority_V1_AuthorityState {
        var state = Spire_Api_Server_Localauthority_V1_AuthorityState()
        state.authorityID = id
        state.expiresAt = believed.first { $0.authorityID == id }?.expiresAt ?? 0
        return state
    }
}
