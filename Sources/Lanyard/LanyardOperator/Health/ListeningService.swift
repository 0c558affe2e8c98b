import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server, with what people have to know when it cannot listen: the key that says where.
struct ListeningService: Service {
    private let server: any Service
    private let key: ConfigurationKey
    private let address: ListenAddress

    init(_ server: any Service, key: ConfigurationKey, address: ListenAddress) {
        self.server = server
        self.key = key
        self.address = address
    }

    /// Runs the server.
    ///
    /// - Throws: `CannotListen` when the address cannot be had; what the server throws otherwise.
    func run() async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw CannotListen(key: key.name, address: address, errnoCode: error.errnoCode)
        }
    }
}

/// An address that the operator cannot listen on.
struct CannotListen: Error, CustomStringConvertible {
    let key: String
    let address: ListenAddress
    /// What the system says.
    let errnoCode: CInt

    var description: String {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let reason = strerror(errnoCode).map { String(cString: $0) } ?? "error \(errnoCode)"
        return "\(key): cannot listen on \(host):\(address.port): \(reason)"
    }
}
