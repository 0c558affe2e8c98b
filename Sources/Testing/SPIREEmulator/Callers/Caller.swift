import GRPCCore
import SPIREClient

/// Who calls, as the connection shows.
package enum Caller: Equatable, Sendable, ServerContext.TransportSpecific {
    /// Through the server's own Unix socket.
    case local
    /// A process of this machine, through the socket of the Workload API.
    case process(uid: UInt32, gid: UInt32)
    /// Over TLS without a certificate.
    case anonymous
    /// Over TLS with an X.509-SVID that was verified in the handshake.
    case svid(String)
    /// Not known; nobody gets that far.
    case unknown

    /// Who made a call.
    init(_ context: ServerContext) {
        self = context.transportSpecific as? Caller ?? .unknown
    }

    /// Reads what `headerValue` wrote.
    init(headerValue: String) {
        let parts = headerValue.split(separator: " ", omittingEmptySubsequences: false)
        switch parts.first {
        case "local": self = .local
        case "anonymous": self = .anonymous
        case "svid" where parts.count == 2: self = .svid(String(parts[1]))
        case "process" where parts.count == 3:
            guard let uid = UInt32(parts[1]), let gid = UInt32(parts[2]) else { fallthrough }
            self = .process(uid: uid, gid: gid)
        default: self = .unknown
        }
    }

    /// The caller as one word or a few.
    var headerValue: String {
        switch self {
        case .local: "local"
        case .process(let uid, let gid): "process \(uid) \(gid)"
        case .anonymous: "anonymous"
        case .svid(let id): "svid \(id)"
        case .unknown: "unknown"
        }
    }
}

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
