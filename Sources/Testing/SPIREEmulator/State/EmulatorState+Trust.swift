import FoundationEssentials
import SPIREClient

extension EmulatorState {
    /// The trust domain's own bundle.
    ///
    /// - Throws: Never in practice.
    package func ownBundle() throws -> WireBundle {
        try withAuthority { try $0.bundle() }
    }

    /// Adds an authority to the bundle, which signs nothing yet.
    ///
    /// - Throws: When the change cannot be written.
    package func prepareX509Authority() throws {
        let now = now()
        try changeAuthority { try $0.prepareX509(now: now) }
    }

    /// Signs X.509-SVIDs with the newest authority from now on.
    ///
    /// - Throws: When the change cannot be written.
    package func activateX509Authority() throws {
        try changeAuthority { $0.activateX509() }
    }

    /// Believes nothing any more but what the authority that signs has signed.
    ///
    /// - Throws: When the change cannot be written.
    package func revokeX509Authorities() throws {
        try changeAuthority { $0.revokeX509() }
    }

    /// Signs a new key for anybody.
    ///
    /// - Parameters:
    ///   - lifetime: Seconds; 0 is the default.
    ///   - now: Seconds since 1970; nil is now.
    /// - Throws: When the certificate cannot be made.
    package func issueX509SVID(_ id: String, lifetime: Int64 = 0, now: Int64? = nil) throws -> IssuedX509SVID {
        let now = now ?? self.now()
        return try withAuthority { try $0.issueX509SVID(id, lifetime: lifetime, now: now) }
    }

    /// Whether a JWT-SVID is good.
    ///
    /// - Throws: Never in practice.
    package func isVerified(_ token: String, audience: String) throws -> Bool {
        let now = now()
        return try withAuthority { $0.verified(token, audience: audience, now: now) != nil }
    }

    /// Signs JWT-SVIDs with a new key from now on.
    ///
    /// - Parameter keepsOld: Whether SVIDs of the old ones are still believed.
    /// - Throws: When the change cannot be written.
    package func rotateJWTAuthority(keepsOld: Bool = true) throws {
        let now = now()
        try changeAuthority { $0.rotateJWT(now: now, keepsOld: keepsOld) }
    }

    /// Changes what signs here, and makes that durable.
    ///
    /// - Throws: When the change cannot be written, or as the closure does.
    func changeAuthority<Value: Sendable>(_ change: (inout TrustAuthority) throws -> Value) throws -> Value {
        try withAuthority { authority in
            let value = try change(&authority)
            try saveAuthority(authority)
            return value
        }
    }
}
