import ArgumentParser
import LanyardAPI
import SPIREClient

/// How the emulator listens on TCP.
struct TCPOptions: ParsableArguments {
    /// Where to listen.
    struct Address: ExpressibleByArgument {
        let host: String
        let port: Int

        /// Reads `host:port`; port 0 takes a free one.
        init?(argument: String) {
            guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
                (0...65535).contains(port)
            else { return nil }
            host = String(argument[..<colon])
            self.port = port
        }
    }

    @Option(help: "Listen with mutual TLS, too: HOST:PORT. Port 0 takes a free one, which is printed.")
    var tcp: Address?

    @Option(
        name: .customLong("admin-id"), help: "SPIFFE ID that is an admin over TCP without an entry. Can be repeated.")
    var adminID: [SPIFFEID] = []

    @Option(help: "Seconds after which a TCP connection is asked to end.")
    var maxConnectionAge = 180
}
