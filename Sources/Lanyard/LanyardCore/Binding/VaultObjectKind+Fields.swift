extension VaultObjectKind {
    /// The fields in which objects of this kind can be changed by hand, as far as a spec can say what they are to be.
    package var comparedFields: Set<String> {
        switch self {
        case .policy:
            VaultPolicy(document: PolicyDocument(merging: []), comment: "").comparedFields().union(["path"])
        case .databaseRole:
            DynamicDatabaseRole(
                connection: "", creation: [], credential: DatabaseCredential(type: "rsa_private_key")
            ).comparedFields().union(
                StaticDatabaseRole(connection: "", username: "", rotationPeriod: 0).comparedFields())
        case .authRole:
            KubernetesAuthRole(serviceAccountNames: [], namespaces: []).comparedFields()
                .union(JWTAuthRole(boundSubject: "", audiences: []).comparedFields())
        }
    }
}
