/// The role of a binding at the JWT auth method.
package struct DesiredJWTRole: Equatable, Sendable {
    /// `auth/<mount>/role/<name>`.
    package var path: String
    /// Whose JWT-SVIDs log in, and the tokens that they get.
    package var role: JWTAuthRole

    /// Describes what should be.
    package init(path: String, role: JWTAuthRole) {
        self.path = path
        self.role = role
    }
}
