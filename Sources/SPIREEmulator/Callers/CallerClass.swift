import SPIREClient

/// What a caller may do at the server.
package enum CallerClass: Equatable, Sendable {
    /// Everything but what is an agent's.
    case admin
    /// Through the Unix socket: everything that an admin may, and what exists there alone.
    case local
    /// An attested agent that is neither banned nor expired.
    case agent
    /// A server of the same trust domain below this one.
    case downstream
    /// An SVID that gives no right.
    case plain
    /// No SVID.
    case anonymous
}

/// Which class may call which method.
enum Permissions {
    /// Whether a caller may make a call.
    ///
    /// - Parameter method: `package.Service/Method`.
    static func allow(_ caller: CallerClass, method: String) -> Bool {
        switch method {
        case "spire.api.server.bundle.v1.Bundle/GetBundle":
            true
        case "spire.api.server.bundle.v1.Bundle/GetFederatedBundle":
            [.local, .admin, .agent].contains(caller)
        case "spire.api.server.entry.v1.Entry/GetAuthorizedEntries",
            "spire.api.server.entry.v1.Entry/SyncAuthorizedEntries":
            caller == .agent
        case _ where localServices.contains { method.hasPrefix($0) }:
            caller == .local
        default:
            [.local, .admin].contains(caller)
        }
    }

    private static let localServices = ["grpc.health.v1.Health/", "lanyard.emulator.v1.Control/"]
}
