/// How long a token may live that was given out at the last moment, in seconds: whoever had a policy's name may use it for so
/// long, whatever the policy says by then.
package enum TokenLife {
    /// What servers allow at most, unless their administrator said otherwise: 32 days. For tokens whose binding says nothing.
    package static let serverDefault = 2_764_800
    /// Stands for tokens that are renewed for ever.
    package static let endless = 0

    /// The longer one; what is not known counts as the server's own limit.
    package static func longer(_ one: Int?, _ other: Int?) -> Int {
        let lives = [one ?? serverDefault, other ?? serverDefault]
        return lives.contains(endless) ? endless : lives.max() ?? serverDefault
    }
}

extension TokenFields {
    /// How long a token with these fields may live.
    var life: Int {
        let limits = [explicitMaxTTL, period > 0 ? 0 : maxTTL].filter { $0 > 0 }
        return limits.min() ?? (period > 0 ? TokenLife.endless : TokenLife.serverDefault)
    }
}

extension DesiredAccess {
    /// How long the tokens of its logins may live.
    package var tokenLife: Int {
        let lives = [kubernetesRole?.role.token.life, jwtRole?.role.token.life].compactMap { $0 }
        return lives.dropFirst().reduce(lives.first ?? TokenLife.serverDefault) { TokenLife.longer($0, $1) }
    }
}
