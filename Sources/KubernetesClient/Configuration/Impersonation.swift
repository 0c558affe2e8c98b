/// On whose behalf requests are made (`as` and its relatives in a kubeconfig's user).
public struct Impersonation: Equatable, Sendable {
    /// The user's name.
    public var user: String
    /// The user's uid.
    public var uid: String?
    /// The user's groups.
    public var groups: [String]
    /// More about the user, by key.
    public var extra: [String: [String]]

    /// Describes a user.
    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The headers that say so. The keys of `extra` are percent-encoded, because header names are not case-sensitive.
    var headers: [(String, String)] {
        var headers = [("Impersonate-User", user)]
        if let uid { headers.append(("Impersonate-Uid", uid)) }
        headers += groups.map { ("Impersonate-Group", $0) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            headers += values.map { ("Impersonate-Extra-\(PercentEncoding.encode(key))", $0) }
        }
        return headers
    }
}
