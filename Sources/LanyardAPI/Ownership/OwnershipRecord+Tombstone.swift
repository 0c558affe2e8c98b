extension OwnershipRecord {
    /// The name of a policy whose owner has given it up, while tokens that have it may live: who writes a policy of that name
    /// gives them its rights.
    package struct Tombstone: Codable, Hashable, Sendable {
        /// How many names are kept of a namespace, those of policies that one binding has included; less than the schema lets
        /// one record have.
        package static let limit = 256

        /// API path of the policy.
        package var path: String
        /// UID of the namespace that had it, and may have it again at once; absent where it was not known.
        package var namespaceUID: String?
        /// RFC 3339 time at which the last token has ended; absent when they do not end by themselves.
        package var until: String?

        /// Marks a name.
        package init(path: String, namespaceUID: String? = nil, until: String? = nil) {
            self.path = path
            self.namespaceUID = namespaceUID
            self.until = until
        }
    }
}
