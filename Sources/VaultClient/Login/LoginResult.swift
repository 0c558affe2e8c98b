/// What a login gave.
struct LoginResult: Equatable, Sendable {
    var token: String
    var isOurs: Bool
    var isRenewable: Bool
    /// nil when the token does not expire.
    var lease: Duration?
}
