/// Where the operator itself listens.
struct ServerConfiguration: Equatable, Sendable {
    var metrics: ListenAddress
    var health: ListenAddress

    init(reading: inout ConfigurationReading) {
        let expectation = "must be host:port, such as 0.0.0.0:8080 or [::]:8080"
        metrics = reading.value(.serverMetrics, expectation, ListenAddress.init) ?? .unused
        health = reading.value(.serverHealth, expectation, ListenAddress.init) ?? .unused
        if metrics == health, metrics.port != 0 {
            reading.problem(.serverHealth, "must not be the same as server.metrics")
        }
    }
}

/// An address and a port to listen on.
struct ListenAddress: Equatable, Sendable {
    /// A host name or an IP address, without brackets.
    var host: String
    /// 0 takes a free one.
    var port: Int

    /// Stands in beside a problem; never listened on.
    static let unused = ListenAddress(host: "127.0.0.1", port: 0)

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `host:port` or `[IPv6]:port`; nil when it is something else.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(where: { ":[]".contains($0) }) {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}
