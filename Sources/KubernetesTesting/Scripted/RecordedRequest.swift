public import FoundationEssentials

/// A request as a `ScriptedServer` got it.
public struct RecordedRequest: Sendable {
    /// The number of the request on this server, from zero.
    public let index: Int
    /// The number of the connection that it came on, from zero.
    public let connection: Int
    /// The HTTP method.
    public let method: String
    /// Path and query as they were sent, percent-encoded.
    public let target: String
    /// Names and values in the order in which they came.
    public let headers: [(name: String, value: String)]
    /// The whole body.
    public let body: Data
    /// When the request had arrived, by the server's clock.
    public let time: Duration
    /// The serial number of the client's certificate, if it showed one.
    public let clientCertificate: [UInt8]?

    /// The path as it was sent.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The query parameters, decoded; a parameter that occurs twice counts once, with its first value.
    public var query: [String: String] {
        let items = (URLComponents(string: target)?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return Dictionary(items, uniquingKeysWith: { first, _ in first })
    }

    /// The first value of a header, whatever the case of its name.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
