import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Where a SPIRE server listens. The only place that knows the transports.
package enum SPIREServerAddress: Equatable, Sendable {
    /// A Unix socket, plaintext: the server takes every caller for an admin (spire.md §2.6).
    case unixSocket(path: String)

    /// Parses `unix:///absolute/path`; nil when it is something else.
    package init?(_ text: String) {
        let scheme = "unix://"
        guard text.hasPrefix(scheme + "/") else { return nil }
        self = .unixSocket(path: String(text.dropFirst(scheme.count)))
    }

    /// A transport that connects when it is first needed, and again whenever the connection is lost.
    ///
    /// - Throws: When there is no way to reach such an address.
    func makeTransport() throws -> HTTP2ClientTransport.Posix {
        switch self {
        case .unixSocket(let path):
            // The default authority is the path, which Go's HTTP/2 server refuses.
            try .http2NIOPosix(
                target: .unixDomainSocket(path: path, authority: "localhost"), transportSecurity: .plaintext,
                config: .defaults { config in
                    config.backoff.initial = .milliseconds(100)
                    config.backoff.max = .seconds(1)
                })
        }
    }
}
