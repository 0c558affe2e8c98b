/// Digests of what an object is made from and Vault does not show. That of a secret is `KEYID:HEX`, where `KEYID` names the
/// key that it was made with.
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

    private static func keyID(of digest: String) -> Substring? {
        guard let end = digest.firstIndex(of: ":") else { return nil }
        return digest[..<end]
    }
}
