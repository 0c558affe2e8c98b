import FoundationEssentials

/// The real servers, as `hack/env` and `hack/configure` describe them in environment variables.
struct TestEnvironment: Sendable {
    let directory: String
    let kubeconfig: String
    let vaultAddress: String
    let vaultToken: String
    let vaultAuditLog: String
    let vaultUnsealKeyFile: String
    let spireSocket: String
    let trustDomain: String
    /// Where the SPIRE server tells its calls; nil where somebody else runs it.
    let spireLog: SPIRELog?

    /// Whether the servers are up; without them these suites cannot run, and `hack/test` sees to it that they are.
    static var isAvailable: Bool { variable("LANYARD_E2E") == "1" }

    /// Whether the SPIRE server tells its calls.
    static var tellsSPIRECalls: Bool { isAvailable && SPIRELog.given != nil }

    /// Whether `hack/env` runs the SPIRE server, so that it may be stopped and its data replaced.
    static var controlsSPIRE: Bool { isAvailable && variable("SPIRE_PID_FILE") != nil }

    /// Reads the variables.
    init() throws {
        directory = try Self.required("LANYARD_ENV_DIR")
        kubeconfig = try Self.required("KUBECONFIG")
        vaultAddress = try Self.required("BAO_ADDR")
        vaultToken = try Self.required("BAO_TOKEN")
        vaultAuditLog = try Self.required("BAO_AUDIT_LOG")
        vaultUnsealKeyFile = try Self.required("BAO_UNSEAL_KEY_FILE")
        spireSocket = try Self.required("SPIRE_SERVER_SOCKET")
        trustDomain = try Self.required("SPIRE_TRUST_DOMAIN")
        spireLog = SPIRELog.given
    }

    /// The repository's root, where `hack/` is.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// An executable of this package as it ships, not the debug build beside the test bundle.
    static func binary(_ name: String) -> String { "\(variable("LANYARD_BIN") ?? "no-LANYARD_BIN")/\(name)" }

    /// A variable that is set.
    static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A variable that only some tests need.
    ///
    /// - Throws: `Missing`.
    func variable(_ name: String) throws -> String { try Self.required(name) }

    private static func required(_ name: String) throws -> String {
        guard let value = variable(name) else { throw Missing(name: name) }
        return value
    }

    /// A variable that is not set.
    struct Missing: Error {
        let name: String
    }
}
