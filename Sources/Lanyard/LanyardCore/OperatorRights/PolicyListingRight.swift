/// The right to read many policies by one call, which the operator can do without.
///
/// OpenBao shows by it no more than the token may read one by one, as the stanza demands; 2.4 and later understand that, and
/// Vault refuses a policy with it, as it has no such listing.
package enum PolicyListingRight {
    /// What is listed.
    package static let path = "sys/policies/detailed/acl"
    /// The key of a stanza that has the server leave out what the token may not read.
    private static let filter = "list_scan_response_keys_filter_path"

    /// Where the token has to be able to read what is shown.
    private static let readable = "sys/policies/acl/{{ .key }}"

    /// What a policy has beside the rest.
    package static let text = """
        path "\(path)" {
          capabilities = ["list"]
          \(filter) = "\(readable)"
        }

        """

    /// Whether a policy that has the right lets see only what may be read anyway, by just the stanza above: an empty filter is none, and
    /// another one may be always readable.
    static func isNarrow(in policy: PolicyDocument) -> Bool {
        policy.foreignKeys.filter { $0.path == path } == [.init(path: path, key: filter, value: readable)]
    }

    /// The right, as rules are compared.
    static let rule = PolicyRule(path: path, capabilities: [.list])
}
