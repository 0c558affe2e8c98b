import Crypto

/// A digest that is the same in every process and version, for names that would be too long.
enum StableDigest {
    /// The first 128 bits of the text's SHA-256 in lowercase hexadecimal: 32 characters.
    static func hexadecimal(of text: String) -> String {
        let digits = Array("0123456789abcdef")
        return SHA256.hash(data: Array(text.utf8)).prefix(16).reduce(into: "") { result, byte in
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 0xF)])
        }
    }

    /// The text itself when it fits into `limit` bytes, else its beginning, `_`, and its digest.
    ///
    /// Kubernetes names have no `_`, so a shortened name never equals the full name of another object.
    static func bounded(_ text: String, limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        let digest = hexadecimal(of: text)
        let beginning = text.utf8.prefix(limit - digest.utf8.count - 1)
        return "\(String(decoding: beginning, as: UTF8.self))_\(digest)"
    }
}
