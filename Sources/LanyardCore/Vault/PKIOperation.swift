/// What may be done with a role of a PKI engine.
enum PKIOperation: String, CaseIterable {
    case issue = "Issue"
    case sign = "Sign"

    /// The path below the mount, before the role.
    var prefix: String {
        switch self {
        case .issue: "issue/"
        case .sign: "sign/"
        }
    }
}
