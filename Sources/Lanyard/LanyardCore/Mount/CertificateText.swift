import FoundationEssentials
import KubernetesModel

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

extension FieldComparison {
    /// A PEM document, whose line ends and blanks at its ends do not matter. It is never shown.
    mutating func pem(_ field: String, wanted: String) {
        guard let actual = (self[field] ?? "").string else { return differs(field, "is not a text") }
        let (found, asked) = (Self.lines(ofPEM: actual), Self.lines(ofPEM: wanted))
        if found == asked { return }
        differs(field, found.isEmpty ? "is not set" : asked.isEmpty ? "is set, wanted none" : "differs")
    }

    /// A list of PEM documents in any order. They are counted, never shown.
    mutating func pems(_ field: String, wanted: [String]) {
        let values = (self[field] ?? []).array
        guard let actual = values?.compactMap(\.string), actual.count == values?.count else {
            return differs(field, "is not a list of texts")
        }
        let (found, asked) = (Set(actual.map(Self.lines)), Set(wanted.map(Self.lines)))
        if found == asked { return }
        differs(field, "\(found.subtracting(asked).count) too many, \(asked.subtracting(found).count) missing")
    }

    private static func lines(ofPEM text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty }
    }
}
