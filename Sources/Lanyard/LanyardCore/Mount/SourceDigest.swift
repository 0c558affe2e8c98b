/// Digests of what an object is made from and Vault does not show. That of a secret is `KEYID:HEX`, where `KEYID` names the
/// key that it was made with.
///
/// Where several secrets go into one object, the first stands alone and each other one behind it with its name,
/// `KEYID:HEX;pem_bundle=KEYID:HEX`: one that changes must not have the others written again, which Vault may have rotated.
enum SourceDigest {
    /// Whether an object is to be written anew, because what it is made from changed.
    ///
    /// With another key every secret has another digest: that is no change. A password that Vault has rotated meanwhile
    /// would be written over for nothing.
    static func isChanged(from recorded: String?, to current: String) -> Bool {
        guard let recorded else { return true }
        return recorded != current && keyID(of: recorded) == keyID(of: current)
    }

    /// One digest for two secrets, which were digested with one key.
    static func combined(_ first: String, _ second: String) -> String {
        let digest = StableDigest.hexadecimal(of: "\(first) \(second)")
        return keyID(of: first).map { "\($0):\(digest)" } ?? digest
    }

    /// The digest of an object into which further secrets go, each under its name.
    static func list(_ first: String, _ named: [String: String]) -> String {
        ([first] + named.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(separator: ";")
    }

    /// The parts of such a digest, the first under no name.
    static func parts(of digest: String) -> [String: String] {
        var parts: [String: String] = [:]
        for part in digest.split(separator: ";", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { parts[String(pair[0])] = String(pair[1]) } else { parts[""] = String(part) }
        }
        return parts
    }

    private static func keyID(of digest: String) -> Substring? {
        guard let end = digest.firstIndex(of: ":") else { return nil }
        return digest[..<end]
    }
}
