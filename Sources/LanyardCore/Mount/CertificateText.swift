import FoundationEssentials

/// What can be said of PEM certificates without reading what is in them.
enum CertificateText {
    private static let limit = 64 * 1024
    private static let beginning = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// What is wrong with a text that shall be one or more certificates and nothing else; nil when nothing is.
    static func violation(in text: String) -> String? {
        guard text.utf8.count <= limit else { return "must not be longer than \(limit) bytes" }
        if text.contains("PRIVATE KEY") { return "must not contain a private key: a resource is no place for a secret" }
        var certificates = 0
        var digits: String?
        for line in text.split(whereSeparator: \.isNewline).map({ String($0).trimmed }) where !line.isEmpty {
            switch (line, digits) {
            case (beginning, nil):
                digits = ""
            case (end, .some(let found)):
                guard let data = Data(base64Encoded: found), data.first == 0x30 else { return rule }
                certificates += 1
                digits = nil
            case (_, .some(let found)):
                digits = found + line
            case (_, nil):
                return rule
            }
        }
        return certificates > 0 && digits == nil ? nil : rule
    }

    private static let rule = "must be certificates as PEM: from \"\(beginning)\" to \"\(end)\""
}
