/// The role of a binding at the Kubernetes auth method.
package struct DesiredKubernetesRole: Equatable, Sendable {
    /// `auth/<mount>/role/<name>`.
    package var path: String
    /// Who may log in, and the tokens that they get.
    package var role: KubernetesAuthRole

    /// Describes what should be.
    package init(path: String, role: KubernetesAuthRole) {
        self.path = path
        self.role = role
    }
}
