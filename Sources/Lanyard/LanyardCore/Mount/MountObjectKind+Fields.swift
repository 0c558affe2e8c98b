import LanyardAPI

extension MountObjectKind {
    /// The fields in which objects of this kind can be changed by hand, as far as a spec can say what they are to be; an
    /// authority is never written anew.
    package var comparedFields: Set<String> {
        switch self {
        case .mount:
            MountSettings(type: .kv, kvVersion: 2).comparedFields()
        case .authConfiguration:
            KubernetesAuthConfiguration(host: "").comparedFields(besides: ["token_reviewer_jwt_set"])
                .union(JWTAuthConfiguration(keys: .fixed([])).comparedFields())
        case .connection:
            DatabaseConnection(connectionURL: "{{username}}", passwordAuthentication: "password")
                .comparedFields(besides: ["root_credentials_rotate_statements"])
        case .urls: PKIURLs().comparedFields()
        case .authority: []
        case .role: PKIRole().comparedFields()
        }
    }
}
