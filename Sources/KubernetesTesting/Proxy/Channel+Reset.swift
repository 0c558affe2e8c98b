import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Channel {
    /// Breaks a connection: its peer sees a reset. Over TLS it sees an ordinary end.
    func reset() async {
        if let options = self as? any SocketOptionProvider {
            // Closing a socket that does not linger sends RST in place of FIN.
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await close().get()
    }
}
