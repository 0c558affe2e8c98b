/// What a login gave.
struct LoginResult: Equatable, Sendable {
    var token: String
    var isOurs: Bool
    var isRenewable: Bool
    /// nil when the token does not expire.
    var lease: Duration?
    /// Names of the policies that the token has, as far as the server says.
    var policies: [String] = []
}
