/// A token of ours and the times of its life.
struct VaultToken: Equatable, Sendable {
    let value: String
    /// Counts logins, so that a refusal can be told to concern a token that was replaced already.
    let number: Int
    /// Whether we made it by logging in and therefore revoke it.
    let isOurs: Bool
    var isRenewable: Bool
    /// The lease that the login gave; nil when the token does not expire.
    let lease: Duration?
    let obtainedAt: Duration
    /// When to renew or replace it; nil when it does not expire.
    var renewAt: Duration?
    var expiresAt: Duration?
}
