package import FoundationEssentials

/// Bytes of a Secret. Neither descriptions nor reflection show them: they are for one request body, never for people.
package struct SecretValue: Codable, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let data: Data

    /// From here on the bytes are in no text that is printed.
    package init(_ data: Data) {
        self.data = data
    }

    /// Reads base64.
    ///
    /// - Throws: `DecodingError` without the text that does not decode.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), let data = Data(base64Encoded: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not base64")
        }
        self.data = data
    }

    /// Writes base64.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(data.base64EncodedString())
    }

    /// The bytes, for whoever sends or hashes them.
    var exposed: Data { data }

    /// The text without the line end that files have and passwords do not; nil when it is empty or not UTF-8.
    var exposedText: String? {
        var bytes = data[...]
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(data: bytes, encoding: .utf8)
    }

    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
